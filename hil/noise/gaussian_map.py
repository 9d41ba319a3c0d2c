"""Gaussian noise whose width varies over the frame, of real or of complex pixels.

Information does not change where each pixel is divided by a number of its own. So frames are
divided by their noise first, and what is left has noise of width 1 everywhere: a stationary model
then fits better than one of frames in which the noise is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.noise.gaussian import GaussianNoise


class GaussianMapNoise:
    """Additive Gaussian noise, independent between pixels.

    Parameters
    ----------
    sigma_adu
        (height, width) standard deviations, ADU, each more than 0.

    Raises
    ------
    InputError
        For an impossible map.
    """

    def __init__(self, sigma_adu: ArrayLike) -> None:
        self.sigma_adu: Floats = _sigma_map(sigma_adu)

    def __repr__(self) -> str:
        return f"GaussianMapNoise({_summary(self.sigma_adu)})"

    @property
    def typical(self) -> GaussianNoise:
        """That of a pixel of mean variance."""
        return GaussianNoise(float(np.sqrt(np.mean(self.sigma_adu**2))))

    def recoded(self, step_adu: float, phase_adu: float, highest: float | None) -> GaussianMapNoise:
        """Give the noise of (y - phase) / step; it has no clip."""
        del phase_adu, highest
        return self if step_adu == 1 else GaussianMapNoise(self.sigma_adu / step_adu)

    def flatten(self, frames: ArrayLike) -> tuple[NDArray[Any], GaussianNoise]:
        """Divide frames (..., height, width) by the map: real numbers under noise of width 1."""
        array = np.asarray(frames)
        _check_size(array, self.sigma_adu)
        if array.dtype.kind not in "uif":
            raise InputError("frames", "", f"hold {array.dtype} values; allowed: real numbers")
        # integers would be points of a lattice, whose steps differ from pixel to pixel
        if array.dtype.kind in "ui" and float(self.sigma_adu.min()) < 1.0:
            raise InputError(
                "frames",
                "",
                "are integers coarser than their noise; allowed: sigma of 1 ADU or more",
            )
        return array / self.sigma_adu, GaussianNoise(1.0)

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> Floats:
        """Draw a measurement of the mean ``lambda_`` (..., height, width), ADU."""
        return np.asarray(lambda_ + self.sigma_adu * rng.standard_normal(np.shape(lambda_)))


class VisibilityNoise:
    """Circular complex Gaussian noise: interferometric visibilities (Thompson, Moran and Swenson).

    Real and imaginary part have noise of sigma / sqrt(2) each, and become two pixels side by side:
    bits per pixel count real numbers, two a visibility.

    Parameters
    ----------
    sigma_adu
        Rms of the complex noise, E|n|^2 = sigma^2: a number, or (height, width).

    Raises
    ------
    InputError
        For impossible values.
    """

    def __init__(self, sigma_adu: ArrayLike) -> None:
        self.sigma_adu: Floats = _sigma_map(sigma_adu)

    def __repr__(self) -> str:
        return f"VisibilityNoise({_summary(self.sigma_adu)})"

    def flatten(self, frames: ArrayLike) -> tuple[Floats, GaussianNoise]:
        """Turn complex frames (..., height, width) to real ones (..., height, 2 width)."""
        array = np.asarray(frames)
        if array.dtype.kind != "c":
            raise InputError("frames", "", f"hold {array.dtype} values; allowed: complex numbers")
        _check_size(array, self.sigma_adu)
        scaled = array * (np.sqrt(2) / self.sigma_adu)
        return np.concatenate([scaled.real, scaled.imag], axis=-1), GaussianNoise(1.0)

    def sample(
        self, lambda_: NDArray[np.complexfloating[Any]], rng: np.random.Generator
    ) -> NDArray[np.complex128]:
        """Draw a measurement of the visibilities ``lambda_`` (..., height, width)."""
        shape = np.shape(lambda_)
        noise = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
        return np.asarray(lambda_ + self.sigma_adu / np.sqrt(2) * noise)


def _sigma_map(sigma_adu: ArrayLike) -> Floats:
    sigma = np.asarray(sigma_adu, dtype=np.float64)
    if sigma.ndim not in (0, 2) or sigma.size == 0:
        raise InputError("noise", "sigma_adu", f"has shape {sigma.shape}; allowed: (height, width)")
    if not np.isfinite(sigma).all() or not (sigma > 0).all():
        raise InputError("noise", "sigma_adu", "holds values that are not above 0 and finite")
    return sigma


def _check_size(array: NDArray[Any], sigma: Floats) -> None:
    if sigma.ndim == 2 and array.shape[-2:] != sigma.shape:
        raise InputError(
            "frames", "", f"have {array.shape[-2:]} pixels, the noise's map {sigma.shape}"
        )


def _summary(sigma: Floats) -> str:
    if sigma.ndim == 0:
        return f"sigma_adu={float(sigma):g}"
    return f"sigma_adu {sigma.shape[0]} x {sigma.shape[1]}, {sigma.min():g} to {sigma.max():g}"
