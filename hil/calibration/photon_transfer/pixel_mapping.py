"""From dark stacks and flat fields to maps of the pixels.

A map made from few frames holds their noise as well, and correcting by it puts that noise into
every frame as a pattern. So each map is shrunk, pixel by pixel, toward what is smooth, by its share
of true variance, which the map itself tells (empirical Bayes; the linear rule: Buhlmann, ASTIN
Bulletin 1967).

r_i  : relative response of pixel i, mean 1, without the shading
s_i  : smooth part of a flat field, mean 1: vignetting and uneven light
tau2 : variance over pixels of what is mapped; e2 : variance of the measurement's own noise
w    : tau2 / (tau2 + e2), the weight of a pixel's own measurement
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts load where they are used
from numpy.typing import NDArray

from drivers.types import Floats
from hil.calibration.photon_transfer.line.variance_line import ROUNDING_ADU2, Line
from hil.calibration.photon_transfer.maps import PixelMaps
from hil.calibration.photon_transfer.stack import Stack

Mask = NDArray[np.bool_]

_SHADING_ORDER = 4  # of the polynomial that takes the vignetting before the filter
_SHADING_SHARE = 32  # the filter's width is this part of the frame
_LEAST_SHADING_PX = 8.0
_SURE = 4.0  # standard errors before a spread over pixels counts as one


@dataclass(frozen=True, eq=False)
class DarkMaps:
    """Means over dark stacks of the shortest exposure: (h, w) offset and variance, ADU.

    ``frames`` were averaged for the offset; the variance has ``dof`` degrees of freedom, and holds
    the rounding's 1/12.
    """

    offset_adu: Floats
    variance_adu2: Floats
    frames: int
    dof: int


def dark_maps(darks: Sequence[Stack]) -> DarkMaps:
    """Average the dark stacks of the shortest exposure."""
    shortest = min(stack.exposure_ms for stack in darks)
    chosen = [stack for stack in darks if stack.exposure_ms == shortest]
    frames = sum(stack.n for stack in chosen)
    dof = sum(stack.n - 1 for stack in chosen)
    offset = sum(stack.n * stack.mean_adu.astype(np.float64) for stack in chosen) / frames
    variance = sum((s.n - 1) * s.variance_adu2.astype(np.float64) for s in chosen) / dof
    return DarkMaps(np.asarray(offset), np.asarray(variance), frames, dof)


def map_pixels(dark: DarkMaps, flats: Sequence[Stack], usable: Mask, line: Line) -> PixelMaps:
    """Make the maps; those of the response only where there are flat fields.

    Parameters
    ----------
    dark
        From `dark_maps`.
    flats
        Stacks of an even field, none of them saturated.
    usable
        (h, w); other pixels get a neutral value in every map.
    line
        For noise and electrons of the flat fields.
    """
    read_variance = np.maximum(dark.variance_adu2[usable].mean() - ROUNDING_ADU2, 0.0)
    offset, offset_tau2, offset_weight = _shrunk(
        dark.offset_adu, usable, dark.variance_adu2[usable].mean() / dark.frames
    )
    variance, relative_tau2, relative_error2 = _shrunk_variance(dark, usable)
    response = _response(dark, flats, usable, line) if flats else None
    gain = 1 / line.slope_adu
    return PixelMaps(
        offset_adu=offset.astype(np.float32),
        read_noise_e=(gain * np.sqrt(variance)).astype(np.float32),
        usable=usable,
        response=None if response is None else response.response.astype(np.float32),
        shading=None if response is None else response.shading.astype(np.float32),
        offset_sd_adu=float(np.sqrt(offset_weight * (read_variance + 1 / 12) / dark.frames)),
        read_noise_relative_sd=0.5 * relative_error2**0.5,
        offset_spread_adu=float(np.sqrt(offset_tau2)),
        read_noise_relative_spread=0.5 * relative_tau2**0.5,
        response_sd=None if response is None else response.sd,
        response_spread=None if response is None else response.spread,
        response_weight=None if response is None else response.weight,
        flat_electrons=None if response is None else response.electrons,
    )


@dataclass(frozen=True, eq=False)
class _Response:
    response: Floats
    shading: Floats
    sd: float
    spread: float
    weight: float
    electrons: float


def _response(dark: DarkMaps, flats: Sequence[Stack], usable: Mask, line: Line) -> _Response:
    frames = [stack.n for stack in flats]
    signals = [stack.mean_adu - dark.offset_adu for stack in flats]
    summed = sum(n * signal for n, signal in zip(frames, signals, strict=True))
    level = float(np.asarray(summed)[usable].mean())
    field = np.asarray(summed) / level
    shading = _smooth(field, usable)
    raw = np.where(usable, field / shading, 1.0)
    raw /= raw[usable].mean()
    noise = sum(
        n * float(line.variance(signal[usable]).mean())
        for n, signal in zip(frames, signals, strict=True)
    )
    noise += sum(frames) ** 2 * float(dark.variance_adu2[usable].mean()) / dark.frames
    error2 = noise / level**2 * float((1 / shading[usable]).mean())
    response, tau2, weight = _shrunk(raw, usable, error2)
    return _Response(
        response=response / response[usable].mean(),
        shading=shading,
        sd=float(np.sqrt(weight * error2)),
        spread=float(np.sqrt(tau2)),
        weight=weight,
        electrons=level / line.slope_adu,
    )


def _shrunk(raw: Floats, usable: Mask, error2: float) -> tuple[Floats, float, float]:
    """Shrink a map toward its smooth part; give it with tau2 and w."""
    smooth = _smooth(raw, usable)
    own = raw - smooth
    total = float(own[usable].var())
    tau2 = _true_variance(total, error2, int(usable.sum()))
    weight = tau2 / total if total > 0 else 0.0
    return np.where(usable, smooth + weight * own, smooth), tau2, weight


def _true_variance(total: float, error2: float, count: int) -> float:
    """Variance less that of the noise; 0 where it might be noise alone."""
    return total - error2 if total - error2 > _SURE * total * np.sqrt(2 / count) else 0.0


def _shrunk_variance(dark: DarkMaps, usable: Mask) -> tuple[Floats, float, float]:
    """Shrink the map of the variance toward its mean, on a relative scale.

    s2 = v chi2_d / d, so E[s2^2] = E[v^2] (1 + 2 / d). Gives ADU^2 without the rounding, the
    relative variance of v over pixels, and the squared relative error that is left.
    """
    s2 = dark.variance_adu2
    mean = float(s2[usable].mean())
    if mean <= ROUNDING_ADU2:
        return np.zeros_like(s2), 0.0, 0.0
    second = float((s2[usable] ** 2).mean()) / mean**2
    tau2 = second / (1 + 2 / dark.dof) - 1
    fourth = float((s2[usable] ** 4).mean()) / mean**4
    if tau2 < _SURE * np.sqrt((fourth - second**2) / usable.sum()):
        tau2 = 0.0
    error2 = 2 / dark.dof * (1 + tau2)
    weight = tau2 / (tau2 + error2)
    shrunk = np.where(usable, mean + weight * (s2 - mean), mean)
    return np.maximum(shrunk - ROUNDING_ADU2, 0.0), tau2, weight * error2


def _smooth(image: Floats, usable: Mask) -> Floats:
    """Take the smooth part: a polynomial, then a filter for what the polynomial left."""
    surface = _polynomial(image, usable)
    sigma = max(_LEAST_SHADING_PX, min(image.shape) / _SHADING_SHARE)
    left = np.where(usable, image - surface, 0.0)
    share = scipy.ndimage.gaussian_filter(usable.astype(np.float64), sigma, mode="mirror")
    return np.asarray(
        surface
        + scipy.ndimage.gaussian_filter(left, sigma, mode="mirror") / np.maximum(share, 1e-6)
    )


def _polynomial(image: Floats, usable: Mask) -> Floats:
    """Least squares of Legendre products up to the total order, separably."""
    rows, columns = (np.linspace(-1, 1, length) for length in image.shape)
    down = np.polynomial.legendre.legvander(rows, _SHADING_ORDER)
    right = np.polynomial.legendre.legvander(columns, _SHADING_ORDER)
    powers = [(i, j) for i in range(_SHADING_ORDER + 1) for j in range(_SHADING_ORDER + 1 - i)]
    filled = np.where(usable, image, np.median(image[usable]))
    products = down.T @ filled @ right
    gram_rows, gram_columns = down.T @ down, right.T @ right
    normal = np.array(
        [[gram_rows[i, k] * gram_columns[j, m] for k, m in powers] for i, j in powers]
    )
    wanted = np.array([products[i, j] for i, j in powers])
    coefficients = np.zeros((_SHADING_ORDER + 1, _SHADING_ORDER + 1))
    for (i, j), value in zip(powers, np.linalg.solve(normal, wanted), strict=True):
        coefficients[i, j] = value
    return np.asarray(down @ coefficients @ right.T)
