"""One measurement made into two that are independent given the scene.

K : counts of one pixel, Poisson(lambda)          a : Binomial(K, 1/2)      b : K - a
V : X + N, N of standard deviation sigma          a : V + sigma W           b : V - sigma W

a and b are Poisson(lambda / 2) each, independent given lambda; Gaussian ones have variance 2
sigma^2 each, independent given X (Neufeld, Dharamshi, Gao and Witten, J. Mach. Learn. Res. 25,
2024; of which photons are the oldest case: a beam splitter). So a - X - b is a Markov chain, and
I(a; b) <= I(X; a) <= I(X; Y): what is made from Y knows no more than Y.

That holds for the counts themselves. A camera's ADU are none: read noise and rounding are in both
halves alike, and would pass for scene. Its electrons are counts only where single ones can be told
apart, and none was clipped.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.sample.sample import Sample
from hil.noise.camera import CameraNoise
from hil.noise.gaussian import GaussianNoise
from hil.noise.model import NoiseModel
from hil.noise.poisson import PoissonNoise

_SIGMAS = 5.0  # from half an electron: one of two million pixels is miscounted


def cannot_be_thinned(sample: Sample) -> str:
    """Say why a sample's frames cannot be made into two; empty where they can."""
    for one in sample.by_channel():
        reason = _reason(one)
        if reason:
            return reason
    return ""


def _reason(sample: Sample) -> str:
    noise = sample.noise
    if isinstance(noise, PoissonNoise):
        return ""
    if isinstance(noise, GaussianNoise):
        return "rounding is in both halves of a Gaussian number" if sample.discrete else ""
    if not isinstance(noise, CameraNoise):
        return "these pixels are no counts of photons"
    gain, read = noise.gain_e_per_adu, noise.read_noise_e
    left = 0.5 - 0.5 * gain  # of half an electron, by rounding to ADU
    plain = gain == 1 and read == 0 and noise.offset_adu % 1 != 0.5
    if left <= _SIGMAS * read and not plain:
        return "read noise and rounding hide single electrons"
    pixels = sample.pixels(sample.frames, np.arange(sample.n_fields))
    if pixels.max() >= noise.highest_adu:
        return "pixels are clipped"
    return ""


def thinned(sample: Sample, rng: np.random.Generator) -> Floats:
    """(F, 2, T, d) the two halves of the first frames, in units of about their noise.

    Parameters
    ----------
    sample
        For which `cannot_be_thinned` gives no reason.
    """
    parts = []
    for one in sample.by_channel():
        assert one.noise is not None, "it could be thinned"
        patches = one.raw_patches[:, : one.places.shape[1]]
        parts.append(_halves(patches, one.noise, rng))
    return np.concatenate(parts, axis=3)


def _halves(patches: NDArray[Any], noise: NoiseModel, rng: np.random.Generator) -> Floats:
    if isinstance(noise, GaussianNoise):
        w = rng.standard_normal(patches.shape)
        both = np.stack([patches / noise.sigma_adu + w, patches / noise.sigma_adu - w], axis=1)
        result: Floats = both / math.sqrt(2)
        return result
    counts = np.asarray(patches, dtype=np.int64)
    if isinstance(noise, CameraNoise):
        electrons = (patches - noise.offset_adu) * noise.gain_e_per_adu
        counts = np.maximum(np.rint(electrons), 0).astype(np.int64)
    first = rng.binomial(counts, 0.5)
    both = np.stack([first, counts - first], axis=1)
    return 2 * np.sqrt(both + 0.375)  # Anscombe's transform
