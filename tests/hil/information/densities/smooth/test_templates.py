"""Templates tell fringes at any angle by where and at which angle a patch lies in them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.predictive.cells import Cells
from hil.information.densities.smooth.denoised import DenoisedFields
from hil.information.densities.smooth.templates import Points, SeenAnywhere, Templates
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.noise import PoissonNoise

P, D = 8, 64
AMPLITUDE, PERIOD_PX = 25.0, 11.0


def waves(angle: np.ndarray, phase: np.ndarray, side: int = P) -> np.ndarray:
    """(n, side, side) waves about the middle."""
    row, column = np.mgrid[:side, :side] - (side - 1) / 2
    along = np.multiply.outer(np.cos(angle), row) + np.multiply.outer(np.sin(angle), column)
    at = 2 * math.pi * along / PERIOD_PX + phase[:, None, None]
    return np.asarray(AMPLITUDE * np.sin(at), dtype=np.float32)


def drawn(n: int, seed: int, side: int = P) -> np.ndarray:
    angle, phase = np.random.default_rng(seed).uniform(0, 2 * math.pi, (2, n))
    return waves(angle, phase, side)


def test_slopes_are_what_a_patch_turns_into() -> None:
    angle, phase = np.array([0.4]), np.array([1.3])
    points = Points.of(waves(angle, phase, P + 2), P)
    turned = waves(angle + 0.1 * 2 / P, phase) - waves(angle, phase)
    assert points.slopes[0, 2] / 10 == pytest.approx(turned.ravel(), abs=0.25)
    shift = 2 * math.pi / PERIOD_PX * np.array([math.cos(0.4), math.sin(0.4)])
    for slope, step in zip(points.slopes[0], shift, strict=False):
        moved = waves(angle, phase + 0.1 * step) - waves(angle, phase)
        assert slope / 10 == pytest.approx(moved.ravel(), abs=0.15)


def test_fringes_cost_what_their_angle_and_place_do() -> None:
    templates = Templates.of(Points.of(drawn(8192, 0, P + 2), P), 0.0)
    rng = np.random.default_rng(1)
    u = drawn(300, 1).reshape(-1, D) + rng.standard_normal((300, D)).astype(np.float32)
    noise = 0.5 * D * math.log(2 * math.pi * math.e)
    # ln of the area over what noise spreads angle and phase by; turned by half it is the same
    step = 1e-2
    angle, phase = rng.uniform(0, 2 * math.pi, (2, 200))
    by_angle = (waves(angle + step, phase) - waves(angle - step, phase)).reshape(-1, D)
    by_phase = (waves(angle, phase + step) - waves(angle, phase - step)).reshape(-1, D)
    slopes = np.stack([by_angle, by_phase], axis=1) / (2 * step)
    spread = np.linalg.slogdet(slopes @ slopes.swapaxes(1, 2))[1] / 2
    right = 2 * math.log(2 * math.pi) - math.log(2 * math.pi * math.e) + spread.mean()
    right -= math.log(2)
    assert templates.nats(u, 8).mean() - noise == pytest.approx(right, abs=0.5)
    fewer = templates.every(8)
    assert len(fewer.coordinates) == 1024
    assert np.exp(fewer.log_weights).sum() == pytest.approx(1)
    assert fewer.spread[:, 2, 2].mean() > templates.spread[:, 2, 2].mean()


def test_predictions_are_of_earlier_values_alone() -> None:
    templates = Templates.of(Points.of(drawn(2048, 0, P + 2), P), 0.05)
    rng = np.random.default_rng(1)
    light = drawn(200, 1).reshape(-1, D)
    u = light + rng.standard_normal((200, D)).astype(np.float32)
    kind = templates.likeliest(u, 1)[:, 0]
    value, sd = templates.predict(u, kind)
    assert (sd > 1).all()
    changed = u.copy()
    changed[:, 20:] += 50
    again, again_sd = templates.predict(changed, kind)
    assert again[:, :21] == pytest.approx(value[:, :21], abs=1e-3)
    assert (again_sd == sd).all()
    assert np.std((u - value) / sd) == pytest.approx(1, abs=0.15)


def test_fields_are_seen_once_and_as_many_times_as_asked_for() -> None:
    rng = np.random.default_rng(3)
    frames = PoissonNoise().sample(np.full((3, 1, 48, 48), 50.0), rng)
    sample = choose_sample(take_in(frames, PoissonNoise(), P, None), P, seed=0)
    seen = SeenAnywhere(DenoisedFields(sample, Cells.of(sample)), P, 40, 0)
    both = seen(np.array([0, 2]))
    assert both.middles.shape == (80, D)
    assert both.slopes.shape == (80, 3, D)
    assert (seen(np.array([2])).middles == both.middles[40:]).all()
