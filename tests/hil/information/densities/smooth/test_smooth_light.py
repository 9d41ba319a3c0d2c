"""Stripes and fringes of smooth light are told by the surface that their patches lie on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import logsumexp

from hil.information import estimate_information
from hil.information.densities.predictive.cells import Cells
from hil.information.densities.predictive.coded_patches import PatchSource
from hil.information.densities.predictive.linear import stationary_predictors
from hil.information.densities.smooth.smooth_light import (
    SmoothLight,
    Told,
    seen_anywhere,
    worth_telling,
)
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.information.sample.sample import Sample
from hil.noise import PoissonNoise

P, N, SIDE = 8, 6, 64


def stripes(phase: np.ndarray, period_px: float, height: int, light_e: float) -> np.ndarray:
    """(n, height) light of 30 : 1 along a column."""
    wave = np.sin(2 * math.pi * np.arange(height) / period_px + phase[:, None])
    return np.asarray(light_e * np.exp(0.5 * math.log(30) * wave))


def right_bits(period_px: float, light_e: float) -> float:
    """Information of a patch per pixel: where it lies is all that there is to be known."""
    rng = np.random.default_rng(0)
    every = stripes(np.linspace(0, 2 * math.pi, 20000, endpoint=False), period_px, P, light_e)
    t = 2 * np.sqrt(every + 0.375)
    chosen = rng.integers(len(t), size=150)
    y = t[chosen] + rng.standard_normal((150, P)) / math.sqrt(P)  # the mean of a row suffices
    joint = P * (y @ t.T - (t**2).sum(axis=1) / 2)
    nats = joint[np.arange(150), chosen] - logsumexp(joint, axis=1) + math.log(len(t))
    return float(nats.mean()) / (P * P * math.log(2))


def frames_of(period_px: float, light_e: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    light = stripes(rng.uniform(0, 2 * math.pi, N), period_px, SIDE, light_e)
    return PoissonNoise().sample(np.broadcast_to(light[:, None, :, None], (N, 1, SIDE, SIDE)), rng)


@pytest.mark.parametrize(("period_px", "light_e"), [(21.0, 1000.0)])
def test_steep_stripes_read_what_their_place_tells(period_px: float, light_e: float) -> None:
    found = estimate_information(frames_of(period_px, light_e), PoissonNoise(), patch_size=P)
    right = right_bits(period_px, light_e)
    assert right - 0.005 < found.bits_per_pixel < right + 0.02
    assert found.details["held_out_bits"] < right + 0.025


def fringes(angle: np.ndarray, phase: np.ndarray, side: int, period_px: float) -> np.ndarray:
    """(n, side, side) light of contrast 0.7."""
    row, column = np.mgrid[:side, :side] - (side - 1) / 2
    along = np.multiply.outer(np.cos(angle), row) + np.multiply.outer(np.sin(angle), column)
    return np.asarray(1 + 0.7 * np.sin(2 * math.pi * along / period_px + phase[:, None, None]))


def right_fringe_bits(period_px: float, light_e: float) -> float:
    """Information of a patch per pixel: all that there is to know is its angle and its place."""
    rng = np.random.default_rng(0)

    def roots(at: np.ndarray) -> np.ndarray:
        light = light_e * fringes(at[:, 0], at[:, 1], P, period_px).reshape(-1, P * P)
        return 2 * np.sqrt(light + 0.375)

    nats = []
    for _ in range(60):
        at = rng.uniform(0, 2 * math.pi, 2)
        light, ahead = roots(at[None])[0], roots(at + 1e-5 * np.eye(2))
        slope = (ahead - light).T / 1e-5
        y = light + rng.standard_normal(P * P)
        covariance = np.linalg.inv(slope.T @ slope)
        wide = np.linalg.cholesky(2 * covariance)
        drawn = rng.standard_normal((1000, 2))
        places = at + covariance @ slope.T @ (y - light) + drawn @ wide.T
        log_q = -0.5 * (drawn**2).sum(1) - math.log(2 * math.pi) - np.log(np.diag(wide)).sum()
        fit = 0.5 * ((y - light) ** 2).sum() - 0.5 * ((y - roots(places)) ** 2).sum(axis=1)
        # turned by half, and the phase with it, the picture is the same
        prior = math.log(2) - 2 * math.log(2 * math.pi)
        nats.append(math.log(1000) - logsumexp(fit + prior - log_q))
    return float(np.mean(nats)) / (P * P * math.log(2))


@pytest.mark.parametrize(("period_px", "light_e"), [(10.0, 1500.0)])
def test_fringes_read_what_their_angle_and_place_tell(period_px: float, light_e: float) -> None:
    rng = np.random.default_rng(4)
    angle, phase = rng.uniform(0, 2 * math.pi, (2, N))
    light = light_e * fringes(angle, phase, 48, period_px)
    frames = PoissonNoise().sample(light[:, None], rng)
    found = estimate_information(frames, PoissonNoise(), patch_size=P)
    right = right_fringe_bits(period_px, light_e)
    # each of six fields has an angle that no other has; predictions alone read 1.1
    assert right - 0.005 < found.bits_per_pixel < right + 0.05


def sampled(frames: np.ndarray) -> tuple[Sample, Cells, PatchSource]:
    sample = choose_sample(take_in(frames, PoissonNoise(), P, None), P, seed=0)
    cells = Cells.of(sample)
    return sample, cells, PatchSource(sample, cells)


def gains(frames: np.ndarray, bits_above_noise: float) -> tuple[Told, ...]:
    """What a look at frames says, where predictions cost so much above the noise."""
    sample, cells, source = sampled(frames)
    linear = stationary_predictors(cells.stabilised(sample))[0]
    patches = source.at(np.arange(source.per_field))
    width = np.diff(cells.channels[0].edges)
    noise = 0.5 * math.log(2 * math.pi * math.e) - np.log(width.take(patches.codes)).mean(axis=1)
    predicted = noise + bits_above_noise * math.log(2)
    seen = seen_anywhere(sample, cells)
    return worth_telling(sample, cells, linear, np.arange(1, N), patches, predicted, seen)


def test_flat_fields_and_textures_are_not_looked_at() -> None:
    rng = np.random.default_rng(2)
    flat = PoissonNoise().sample(np.full((N, 1, SIDE, SIDE), 100.0), rng)
    assert not gains(flat, 0.001)
    texture = PoissonNoise().sample(np.exp(rng.normal(5, 0.5, (N, 1, SIDE, SIDE))), rng)
    assert not gains(texture, 1.0)


def test_stripes_are_told_where_there_is_something_to_gain() -> None:
    frames = frames_of(21.0, 1000.0)
    assert "anywhere" in gains(frames, 0.4)
    assert not gains(frames, 0.02)


def test_a_frame_may_have_more_directions_than_a_surface_has() -> None:
    # two gratings across each other are a surface of three, of many directions in each frame
    rng = np.random.default_rng(6)
    at, other = rng.uniform(0, 2 * math.pi, (2, 2, N))
    light = fringes(at[0], at[1], SIDE, 8.0) * fringes(at[0] + math.pi / 2, other[0], SIDE, 8.0)
    frames = PoissonNoise().sample(3000 * light[:, None], rng)
    assert "templates" in gains(frames, 1.5)


def test_it_is_a_probability_on_codes() -> None:
    # of few codes, so that all that the last pixel of a patch can be is summed over
    rng = np.random.default_rng(3)
    light = stripes(rng.uniform(0, 2 * math.pi, N), 16.0, SIDE, 1.0)
    frames = PoissonNoise().sample(
        np.broadcast_to(light[:, None, :, None], (N, 1, SIDE, SIDE)), rng
    )
    frames = np.minimum(frames, 6)
    _, cells, source = sampled(frames)
    light_law = SmoothLight.fit(
        source.sample,
        cells,
        ("anywhere", "turned", "templates"),
        np.arange(4),
        source.at(np.arange(4 * source.per_field, 300)),
        seen_anywhere(source.sample, cells),
    )
    assert len(light_law.laws) == 4
    assert len(light_law.some(np.array([True, False, False, True])).laws) == 2
    one = source.at(np.arange(3))
    every = np.repeat(one.codes, cells.n_codes, axis=0)
    every[:, -1] = np.tile(np.arange(cells.n_codes), 3)
    before = (
        np.exp(-light_law.nats(type(one)(every, None))).reshape(3, cells.n_codes, -1).sum(axis=1)
    )
    # what the last one can be is at most what is left for those before it
    for law, total in zip(light_law.laws, before.T, strict=True):
        assert (total < 1).all()
        assert (total > 0).all()
        assert np.exp(law.surfaces.log_weights).sum() == pytest.approx(1)
