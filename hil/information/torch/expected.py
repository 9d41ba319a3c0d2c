"""Bits per pixel of expected frames under a camera's noise, with gradients.

A Gaussian with the noise's own variance at each pixel. No frame is drawn: where an estimator must
tell scene from noise, here both are known. Frames are rendered in groups, and again when gradients
are computed, so that memory does not grow with their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, Literal

import torch
from torch.utils.checkpoint import checkpoint

from hil.errors import InputError, nearest
from hil.information.torch.moments import (
    Sums,
    half_log_det,
    half_log_det_by_halves,
    lag_products,
    stationary_covariance,
    tiles,
)
from hil.information.torch.signal import Noise, signal

Family = Literal["stationary", "gaussian", "whole_frame"]
FAMILIES: tuple[Family, ...] = ("stationary", "gaussian", "whole_frame")
Render = Callable[[slice], torch.Tensor]


def expected_information(
    expected: torch.Tensor | Render,
    noise: Noise,
    family: Family = "stationary",
    patch_size: int = 16,
    *,
    n_frames: int | None = None,
    at_once: int = 16,
    stabilise: bool = True,
) -> torch.Tensor:
    """Information between scene and measurement that these expected frames stand for.

    Parameters
    ----------
    expected
        (n, height, width) electrons under `CameraNoise` (counts under `PoissonNoise`, ADU under
        `GaussianNoise`), each frame its own scene; or a function that renders the frames of a
        slice, which is called again for gradients.
    noise
        Of the camera; its offset says nothing, its clipping is left out.
    family
        ``"stationary"`` and ``"gaussian"`` as the estimators of these names, or ``"whole_frame"``,
        ``1/2 log2 det(I + Z Z^T / (n - 1))`` of frames in units of their noise.
    patch_size
        p, pixels, for the first two.
    n_frames
        How many frames there are, where ``expected`` is a function.
    at_once
        Frames that are rendered together.
    stabilise
        Whether frames go through the variance-stabilising map first, which is nearer to the truth
        where light varies much. Without it the result is what the estimators find in frames drawn.

    Returns
    -------
    0-d tensor, bits per pixel.

    Raises
    ------
    InputError
        For what cannot be.

    Examples
    --------
    >>> import torch
    >>> from hil.information.torch import expected_information
    >>> from hil.noise import GaussianNoise
    >>> light = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    >>> scene = torch.randn(64, 32, 32, dtype=torch.float64, generator=torch.manual_seed(0))
    >>> bits = expected_information(light * scene, GaussianNoise(1.0), patch_size=4)
    >>> round(bits.item(), 1)                                  # 1/2 log2(1 + 1)
    0.5
    >>> bits.backward()
    >>> round(light.grad.item(), 1)                            # 1 / (2 ln 2)
    0.7
    """
    if family not in FAMILIES:
        raise InputError("family", "", f"no family {family!r}: {nearest(family, FAMILIES)}")
    render, n = _renderer(expected, n_frames)
    if n < 2:
        raise InputError("expected", "", f"is {n} frames; allowed: 2 or more, each its own scene")
    groups = [slice(i, min(i + at_once, n)) for i in range(0, n, at_once)]

    def values_of(group: slice) -> tuple[torch.Tensor, torch.Tensor]:
        found = signal(render(group), noise, stabilise)
        return found.values, found.variance

    if family == "whole_frame":
        nats = _whole(values_of, groups)
    else:
        nats = _patches(values_of, groups, family, patch_size)
    return nats / math.log(2)


def _each(work: Callable[[slice], tuple[torch.Tensor, ...]], groups: list[slice]) -> Any:
    """Work on each group; of several, what led to a result is made again for gradients."""
    if len(groups) == 1:
        yield work(groups[0])
        return
    for group in groups:
        yield checkpoint(work, group, use_reentrant=False)


def _renderer(expected: torch.Tensor | Render, n_frames: int | None) -> tuple[Render, int]:
    if isinstance(expected, torch.Tensor):
        if expected.ndim != 3:
            raise InputError(
                "expected", "", f"has {expected.ndim} axes; allowed: (n, height, width)"
            )
        frames = expected
        return lambda group: frames[group], int(frames.shape[0])
    if n_frames is None:
        raise InputError(
            "n_frames", "", "is missing; allowed: how many frames the function renders"
        )
    return expected, n_frames


def _patches(
    values_of: Callable[[slice], tuple[torch.Tensor, torch.Tensor]],
    groups: list[slice],
    family: Family,
    patch_size: int,
) -> torch.Tensor:
    p = patch_size

    def sums_of(group: slice) -> tuple[torch.Tensor, ...]:
        values, variance = values_of(group)
        if not 2 <= p <= min(values.shape[1:]):
            most = min(values.shape[1:])
            raise InputError("patch_size", "", f"{p}; allowed: 2 to {most} pixels")
        size = torch.tensor(values.shape[1:])
        noise = variance.sum(), variance.log().sum()
        if family == "stationary":
            return values.sum(dim=0), lag_products(values, p), *noise, size
        cut = tiles(values, p).reshape(-1, p * p)
        return cut.sum(dim=0), cut.T @ cut, *noise, size

    parts = []
    for group, found in zip(groups, _each(sums_of, groups), strict=True):
        first, second, of_noise, of_log, size = found
        height, width = size.tolist()
        n = group.stop - group.start
        parts.append(Sums(first, second, of_noise, of_log, n * height * width, n))
    total = reduce(add, parts)
    variance, log_variance = total.variance / total.pixels, total.log_variance / total.pixels
    if family == "stationary":
        covariance = stationary_covariance(total.first, total.second, total.frames, p)
        log_det = half_log_det_by_halves if p % 2 == 0 else half_log_det
    else:
        n = total.frames * (height // p) * (width // p)
        mean = total.first / n
        covariance, log_det = total.second / n - mean[:, None] * mean, half_log_det
    return log_det(covariance, variance) / p**2 - 0.5 * log_variance


def _whole(
    values_of: Callable[[slice], tuple[torch.Tensor, torch.Tensor]],
    groups: list[slice],
) -> torch.Tensor:
    parts = list(_each(values_of, groups))
    values = torch.cat([part[0].flatten(1) for part in parts])
    variance = torch.cat([part[1].flatten(1) for part in parts]).mean(dim=0)
    units = (values - values.mean(dim=0)) / variance.sqrt()
    n, d = units.shape
    gram = units @ units.T / (n - 1)
    return half_log_det(gram, torch.ones((), dtype=gram.dtype)) / d
