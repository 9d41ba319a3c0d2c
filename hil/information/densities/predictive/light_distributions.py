"""The noise's own distributions of codes at a grid of light, of which mixtures are made.

lambda_m : M lights, evenly apart in u (`cells`), from beyond the darkest to beyond the brightest
K        : (k, M, G) P(group of codes | lambda_m), of k kinds of pixels, mostly one

A mixture of these distributions is what a pixel of any scene may have (`npmle`), and nothing
narrower. Where the codes span so wide a range that lights are further apart than the noise is
wide, each stands for the lights around it, and is a Gaussian as wide as that.
"""

from __future__ import annotations

import math

import numpy as np

from drivers.types import Floats
from hil.information.densities.predictive.cells import ChannelCells
from hil.noise.camera import CameraNoise
from hil.noise.corrected import CorrectedNoise
from hil.noise.emccd import EmccdNoise
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.emccd_pixel import EmccdPixel
from hil.noise.entropy.mixed_pixels import MixedPixels
from hil.noise.gaussian import GaussianNoise
from hil.noise.model import NoiseModel
from hil.noise.poisson import PoissonNoise

MOST_LIGHTS = 128
_FINEST = 0.25  # of the noise's width: a light between two errs by 1e-4 nats at most
_BEYOND = 1.5  # widths of the noise that light may lie beyond the codes seen
_COARSE = 1.0
_DIM_E = 200.0  # electrons from which Edgeworth's distribution serves
_LEAST = 1e-12  # probability of a group that a light all but excludes


def light_distributions(cells: ChannelCells, noise: NoiseModel | None) -> Floats:
    """Tabulate K for one channel; its last axis sums to 1."""
    low, high = float(cells.edges[0]), float(cells.edges[-1])
    step = max(_FINEST, (high - low + 2 * _BEYOND) / (MOST_LIGHTS - 1))
    u = np.arange(low - _BEYOND, high + _BEYOND + step, step, dtype=np.float64)
    distribution = None if step >= _COARSE else _exact(cells, noise, u)
    table = _gaussian(cells, u, step)[None] if distribution is None else distribution
    if distribution is None and isinstance(noise, CorrectedNoise) and noise.kinds is not None:
        table = np.repeat(table, len(noise.distributions), axis=0)
    table = np.maximum(table, _LEAST)
    result: Floats = table / table.sum(axis=2, keepdims=True)
    return result


def _exact(cells: ChannelCells, noise: NoiseModel | None, u: Floats) -> Floats | None:
    coding = cells.coding
    adu = coding.lowest_adu + coding.step_adu * _code(cells.edges, u)
    first = cells.group_first.astype(np.float64)
    ends = coding.lowest_adu + coding.step_adu * (first - 0.5)
    if isinstance(noise, GaussianNoise):
        return _cells(ends, adu, noise.sigma_adu)[None]
    distributions = pixel_distributions(noise)
    return (
        np.stack([_tabulated(distribution, adu, ends) for distribution in distributions])
        if distributions
        else None
    )


def _tabulated(distribution: CameraPixel, adu: Floats, ends: Floats) -> Floats:
    # a pixel's dark electrons are in the offset of its distribution: they come with noise of their
    # own
    lambda_e = np.maximum((adu - distribution.offset_adu) * distribution.gain_e_per_adu, 0.0)
    table = np.empty((adu.size, ends.size - 1))
    dim = lambda_e < _DIM_E
    for some, bright in ((dim, False), (~dim, True)):
        if some.any():
            table[some] = distribution.tabulated(lambda_e[some], ends, bright=bright)[0]
    return table


def pixel_distributions(noise: NoiseModel | None) -> list[CameraPixel]:
    """Find the distribution of each kind of pixel; empty where the noise is not of photons."""
    if isinstance(noise, PoissonNoise):
        return [CameraPixel(1.0, 0.0, 0.0, math.inf)]
    if isinstance(noise, CameraNoise):
        g, top = noise.gain_e_per_adu, noise.highest_adu
        return [CameraPixel(g, noise.offset_adu, noise.read_noise_e, top)]
    if isinstance(noise, EmccdNoise):
        like = noise.like_camera
        g, top = like.gain_e_per_adu, like.highest_adu
        return [EmccdPixel(g, like.offset_adu, like.read_noise_e, top)]
    if isinstance(noise, CorrectedNoise):
        if noise.kinds is not None:
            return list(noise.distributions)
        return [MixedPixels.of(noise.distributions, noise.weights, noise.offset_adu)]
    return []


def _gaussian(cells: ChannelCells, u: Floats, step: float) -> Floats:
    # beyond what neighbours fill between them, a light stands for those around it
    return _cells(cells.group_edges, u, math.hypot(1.0, 0.6 * max(step - 0.5, 0.0)))


def _cells(ends: Floats, at: Floats, sigma: float) -> Floats:
    from scipy.special import ndtr

    below = ndtr((ends[None, 1:-1] - at[:, None]) / sigma)
    column = np.ones((at.size, 1))
    return np.diff(np.concatenate([0 * column, below, column], axis=1), axis=1)


def _code(edges: Floats, u: Floats) -> Floats:
    """Give the place of u among the codes, beyond their ends too."""
    n = edges.size - 1
    code = np.interp(u, edges, np.arange(n + 1) - 0.5)
    below, above = np.minimum(u - edges[0], 0.0), np.maximum(u - edges[-1], 0.0)
    result: Floats = (
        code + below / (edges[1] - edges[0]) + above / max(edges[-1] - edges[-2], 1e-12)
    )
    return result
