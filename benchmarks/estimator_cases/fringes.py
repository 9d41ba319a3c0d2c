"""Fringes, crossed gratings and rings, by counted photons: how much more is read than there is.

Each field has its own angle and place, so that a held-out field's was never seen. Both are all that
there is to be known of a patch: the right value is an average over them, by importance sampling
about what made each patch. Eight frames of 96 x 96, patches of 8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import estimate_information
from hil.noise import PoissonNoise

DEFAULT_SEEDS = 3
N, SIDE, P = 8, 96, 8
DRAWS, SAMPLES, WIDER, EVEN, STEP = 200, 3000, 2.5, 0.3, 1e-5
DIMMEST = 1e-9
LIGHTS_E = (10.0, 200.0, 3000.0)

Wave = Callable[[Floats, Floats, Floats], Floats]


class Scene(NamedTuple):
    """A wave, -1 to 1, by parameters (n, k) at pixels (s,).

    Parameters
    ----------
    says
        Its name.
    wave
        (n, s) of parameters, rows and columns.
    ends
        (k,) lowest and highest of each parameter.
    alike
        How many parameters make the same picture.
    contrast
        Of the light: 1 + contrast * wave, or the ratio of brightest to darkest if above 1.
    """

    says: str
    wave: Wave
    ends: tuple[tuple[float, float], ...]
    alike: int
    contrast: float

    def light(self, at: Floats, row: Floats, column: Floats) -> Floats:
        """(n, s), of mean 1, or about 1 in the middle of its logarithm."""
        wave = self.wave(at, row, column)
        if self.contrast > 1:
            return np.asarray(np.exp(0.5 * math.log(self.contrast) * wave))
        return np.asarray(1 + self.contrast * wave)


def _along(angle: Floats, row: Floats, column: Floats) -> Floats:
    return np.multiply.outer(np.cos(angle), row) + np.multiply.outer(np.sin(angle), column)


def fringes(period_px: float, contrast: float) -> Scene:
    def wave(at: Floats, row: Floats, column: Floats) -> Floats:
        phase = 2 * math.pi / period_px * _along(at[:, 0], row, column)
        return np.asarray(np.sin(phase + at[:, 1:]))

    says = f"fringes of {period_px:g} pixels, contrast {contrast:g}"
    return Scene(says, wave, ((0, 2 * math.pi),) * 2, 2, contrast)


def crossed(period_px: float, contrast: float) -> Scene:
    def wave(at: Floats, row: Floats, column: Floats) -> Floats:
        k = 2 * math.pi / period_px
        one = np.sin(k * _along(at[:, 0], row, column) + at[:, 1:2])
        other = np.sin(k * _along(at[:, 0] + math.pi / 2, row, column) + at[:, 2:])
        return np.asarray((one + other) / 2)

    says = f"crossed gratings of {period_px:g} pixels, contrast {contrast:g}"
    return Scene(says, wave, ((0, 2 * math.pi),) * 3, 4, contrast)


def rings(period_px: float, contrast: float) -> Scene:
    def wave(at: Floats, row: Floats, column: Floats) -> Floats:
        apart = np.hypot(row - at[:, :1], column - at[:, 1:])
        return np.asarray(np.sin(2 * math.pi / period_px * apart))

    says = f"rings of {period_px:g} pixels, contrast {contrast:g}"
    return Scene(says, wave, ((-SIDE / 2, SIDE / 2),) * 2, 1, contrast)


SCENES = (
    *(fringes(period_px, 0.9) for period_px in (6.0, 8.0, 12.0, 16.0, 24.0)),
    fringes(12.0, 0.5),
    fringes(12.0, 30.0),
    *(crossed(period_px, 0.9) for period_px in (8.0, 12.0, 24.0)),
    *(rings(period_px, 0.9) for period_px in (8.0, 12.0, 24.0)),
)


def rows(n_seeds: int) -> Iterator[Row]:
    """Give errors of the default."""
    row, column = (at.ravel() - SIDE / 2 for at in np.mgrid[:SIDE, :SIDE])
    for scene in SCENES:
        for mean_e in LIGHTS_E:
            right = right_bits(scene, mean_e)
            found = np.empty(n_seeds)
            for seed in range(n_seeds):
                rng = np.random.default_rng(seed)
                at = np.stack([rng.uniform(*ends, N) for ends in scene.ends], axis=1)
                light = mean_e * scene.light(at, row, column).reshape(N, 1, SIDE, SIDE)
                frames = PoissonNoise().sample(light, rng)
                estimate = estimate_information(frames, PoissonNoise(), patch_size=P)
                found[seed] = estimate.bits_per_pixel
            yield Row(
                f"{scene.says}, {mean_e:g} photons",
                float(found.mean()) - right,
                float(found.std()),
                0.0,
                "",
                "0.02",
                f"right {right:.3f}",
            )


def right_bits(scene: Scene, mean_e: float) -> float:
    """Information per pixel of a patch of the scene at any of its parameters."""
    rng = np.random.default_rng(3)
    row, column = (at.ravel() - (P - 1) / 2 for at in np.mgrid[:P, :P])
    low, high = np.array(scene.ends, dtype=np.float64).T
    k, log_prior = len(low), -float(np.log(high - low).sum())
    least = 0.1 * np.eye(k) * (2 * math.pi / (high - low).mean()) ** 2
    turns = low == 0  # angles and phases, which go on beyond their ends

    def light(at: Floats) -> Floats:
        return np.maximum(mean_e * scene.light(at, row, column), DIMMEST)

    nats = []
    for _ in range(DRAWS):
        at = rng.uniform(low, high)
        own = light(at[None])[0]
        y = rng.poisson(own)
        ahead, behind = (np.sqrt(light(at + one)) for one in (STEP * np.eye(k), -STEP * np.eye(k)))
        slope = ((ahead - behind) / STEP).T
        covariance = np.linalg.inv(slope.T @ slope + least)
        centre = at + covariance @ slope.T @ (2 * np.sqrt(y + 0.375) - 2 * np.sqrt(own + 0.375))
        wide = WIDER * covariance
        drawn = centre + rng.standard_normal((SAMPLES, k)) @ np.linalg.cholesky(wide).T
        even = rng.random(SAMPLES) < EVEN
        drawn[even] = rng.uniform(low, high, (int(even.sum()), k))
        about = drawn - centre
        near = -0.5 * np.einsum("ni,ij,nj->n", about, np.linalg.inv(wide), about)
        near -= 0.5 * np.linalg.slogdet(2 * math.pi * wide)[1]
        inside = ((drawn >= low) & (drawn < high)).all(axis=1)
        anywhere = np.where(inside, math.log(EVEN) + log_prior, -math.inf)
        log_q = np.logaddexp(math.log(1 - EVEN) + near, anywhere)
        seen = light(drawn)
        log_p = (y * np.log(seen) - seen).sum(axis=1) + log_prior - log_q
        log_p = np.where(inside | turns.all(), log_p, -math.inf)
        total = logsumexp(log_p) - math.log(SAMPLES) + math.log(scene.alike)
        nats.append((y * np.log(own) - own).sum() - total)
    return float(np.mean(nats)) / (P * P * math.log(2))
