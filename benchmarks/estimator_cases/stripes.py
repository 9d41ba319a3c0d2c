"""Smooth light of 30 : 1 in stripes, by counted photons: how much more is read than there is.

Where a patch lies in the stripes, and at which angle they run, is all that there is to be known of
it: the right value is an average over both, by importance sampling about what made each patch.
Eight frames of 96 x 96, patches of 8.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp

from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import estimate_information
from hil.noise import PoissonNoise

DEFAULT_SEEDS = 3
N, SIDE, P = 8, 96, 8
HALF_RANGE = 0.5 * math.log(30)
DRAWS, SAMPLES, WIDER, EVEN = 200, 4000, 2.5, 0.3


def rows(n_seeds: int) -> Iterator[Row]:
    """Give errors of the default."""
    for period_px, turned in ((24.0, False), (48.0, True), (24.0, True)):
        for mean_e in (10.0, 200.0, 3000.0):
            right = right_bits(period_px, mean_e, turned=turned)
            found = np.empty(n_seeds)
            for seed in range(n_seeds):
                rng = np.random.default_rng(seed)
                frames = PoissonNoise().sample(_light(rng, period_px, mean_e, turned), rng)
                estimate = estimate_information(frames, PoissonNoise(), patch_size=P)
                found[seed] = estimate.bits_per_pixel
            angle = "at any angle" if turned else "of rows"
            yield Row(
                f"stripes of 30:1, {period_px:g} pixels, {angle}, {mean_e:g} photons",
                float(found.mean()) - right,
                float(found.std()),
                0.0,
                "",
                "0.02",
                f"right {right:.3f}",
            )


def _light(rng: np.random.Generator, period_px: float, mean_e: float, turned: bool) -> Floats:
    row, column = np.mgrid[:SIDE, :SIDE]
    angle = rng.uniform(0, 2 * math.pi, (N, 1, 1, 1)) * turned
    phase = rng.uniform(0, 2 * math.pi, (N, 1, 1, 1))
    along = (row * np.cos(angle) + column * np.sin(angle)) * (2 * math.pi / period_px)
    return np.asarray(mean_e * np.exp(HALF_RANGE * np.sin(along + phase)))


def right_bits(period_px: float, mean_e: float, *, turned: bool) -> float:
    """Information per pixel of a patch of stripes at any phase and, if turned, angle."""
    rng = np.random.default_rng(3)
    row, column = (at.ravel() - (P - 1) / 2 for at in np.mgrid[:P, :P])

    def stabilised(angle: Floats, phase: Floats) -> Floats:
        along = np.multiply.outer(np.cos(angle), row) + np.multiply.outer(np.sin(angle), column)
        wave = np.sin(2 * math.pi * along / period_px + phase[..., None])
        return np.asarray(2 * np.sqrt(mean_e * np.exp(HALF_RANGE * wave) + 0.375))

    k, step = (2, 1e-5) if turned else (1, 1e-5)
    nats = []
    for _ in range(DRAWS):
        at = rng.uniform(0, 2 * math.pi, 2) * np.array([turned, True])
        shifted = at + step * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        u = stabilised(shifted[:, 0], shifted[:, 1])
        slope = np.stack([u[0] - u[1], u[2] - u[3]], axis=1)[:, 2 - k :] / (2 * step)
        light = stabilised(at[:1], at[1:])[0]
        y = light + rng.standard_normal(P * P)
        covariance = np.linalg.inv(slope.T @ slope + 0.1 * np.eye(k))
        centre, wide = at[2 - k :] + covariance @ slope.T @ (y - light), WIDER * covariance
        drawn = centre + rng.standard_normal((SAMPLES, k)) @ np.linalg.cholesky(wide).T
        even = rng.random(SAMPLES) < EVEN
        drawn[even] = rng.uniform(0, 2 * math.pi, (int(even.sum()), k))
        about = drawn - centre
        near = -0.5 * np.einsum("ni,ij,nj->n", about, np.linalg.inv(wide), about)
        near -= 0.5 * np.linalg.slogdet(2 * math.pi * wide)[1]
        inside = ((drawn >= 0) & (drawn < 2 * math.pi)).all(axis=1)
        prior = -k * math.log(2 * math.pi)
        anywhere = np.where(inside, math.log(EVEN) + prior, -math.inf)
        log_q = np.logaddexp(math.log(1 - EVEN) + near, anywhere)
        angle = drawn[:, 0] if turned else np.zeros(SAMPLES)
        fit = -0.5 * ((y - stabilised(angle, drawn[:, -1])) ** 2).sum(axis=1)
        # turned by half, and the phase with it, the picture is the same
        log_p = logsumexp(fit + prior - log_q) - math.log(SAMPLES) + (k - 1) * math.log(2)
        nats.append(-0.5 * ((y - light) ** 2).sum() - log_p)
    return float(np.mean(nats)) / (P * P * math.log(2))
