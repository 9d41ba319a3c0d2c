"""The usual measures of sharpness, of each field: mean over its frames.

y(i, j) : pixel of a frame, ADU       m, s^2 : mean and variance over its pixels
F(u, v) : its discrete cosine transform

They see noise as well as image: none of them is corrected for it, as none is where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from drivers.types import Floats, Pixels, Value
from hil.metrics.light import corrected, image_by_image, offset_adu


@image_by_image
def brenner(frames: Pixels, noise: Any, settings: Mapping[str, Value], step_px: int = 2) -> Floats:
    """Mean square of the difference of pixels that lie ``step_px`` apart, ADU^2.

    J. F. Brenner et al., J. Histochem. Cytochem. 24, 100 (1976); along rows and along columns.
    """
    step = int(step_px)
    if not 1 <= step < min(frames.shape[-2:]):
        raise ValueError(f"step_px = {step_px}, allowed: 1 to {min(frames.shape[-2:]) - 1}")

    def of(frame: Floats) -> float:
        down = frame[step:] - frame[:-step]
        across = frame[:, step:] - frame[:, :-step]
        return float((np.mean(down**2) + np.mean(across**2)) / 2)

    return _per_field(corrected(frames, noise)[0], of)


@image_by_image
def normalised_variance(frames: Pixels, noise: Any, settings: Mapping[str, Value]) -> Floats:
    """Variance over mean light, s^2 / (m - o), ADU.

    F. C. A. Groen et al., Cytometry 6, 81 (1985).
    """
    frames, noise = corrected(frames, noise)
    offset = offset_adu(noise)

    def of(frame: Floats) -> float:
        light = float(frame.mean()) - offset
        return float(frame.var()) / light if light > 0 else np.nan

    return _per_field(frames, of)


@image_by_image
def spectral_entropy(
    frames: Pixels, noise: Any, settings: Mapping[str, Value], psf_px: float = 3.0
) -> Floats:
    """Entropy of the image's cosine transform within what the optics pass, high where it is sharp.

    -2 / r^2 sum over u + v < r of |F / L| log2 |F / L|, with L the Euclidean norm of F and r the
    frame's side over ``psf_px``: L. A. Royer et al., Nat. Biotechnol. 34, 1267 (2016).
    """
    from scipy.fft import dctn

    if not psf_px >= 1:
        raise ValueError(f"psf_px = {psf_px}, allowed: 1 or more")
    height, width = frames.shape[-2:]
    u, v = np.arange(height)[:, None] / height, np.arange(width) / width
    within = u + v < 1 / psf_px
    area = height * width / psf_px**2

    def of(frame: Floats) -> float:
        transform = dctn(frame, norm="ortho")
        shares = np.abs(transform[within]) / max(float(np.linalg.norm(transform)), 1e-300)
        shares = shares[shares > 0]
        return float(-2 / area * (shares @ np.log2(shares)))

    return _per_field(corrected(frames, noise)[0], of)


@image_by_image
def blur(frames: Pixels, noise: Any, settings: Mapping[str, Value], h_size: int = 11) -> Floats:
    """How little another blur changes: 0 sharp, 1 blurred. scikit-image's ``blur_effect``.

    F. Crete et al., Proc. SPIE 6492, 64920I (2007).
    """
    from skimage.measure import blur_effect

    def of(frame: Floats) -> float:
        return float(blur_effect(frame, h_size=int(h_size)))  # type: ignore[no-untyped-call]

    return _per_field(corrected(frames, noise)[0], of)


def _per_field(frames: Pixels, of: Callable[[Floats], float]) -> Floats:
    """(fields,) mean of a number over the frames of each field, channels included."""
    images = frames.reshape(len(frames), -1, *frames.shape[-2:])
    return np.array([np.mean([of(one.astype(np.float64)) for one in each]) for each in images])
