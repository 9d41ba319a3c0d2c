"""What can go wrong with the frames of one capture, each as a function of the frames that came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from drivers.frame import Frame

# (frames of this capture, frames of the first capture of the same shape) -> frames as handed on
FrameFault: TypeAlias = Callable[[Sequence[Frame], Sequence[Frame]], list[Frame]]


def _each(change: Callable[[NDArray[Any]], NDArray[Any]]) -> FrameFault:
    def fault(frames: Sequence[Frame], first: Sequence[Frame]) -> list[Frame]:
        return [replace(frame, pixels=change(frame.pixels)) for frame in frames]

    return fault


def _exposure(change: Callable[[float], float]) -> FrameFault:
    def fault(frames: Sequence[Frame], first: Sequence[Frame]) -> list[Frame]:
        return [
            replace(f, meta=replace(f.meta, exposure_ms=change(f.meta.exposure_ms))) for f in frames
        ]

    return fault


def dark(frames: Sequence[Frame], dark_adu: float, rng: np.random.Generator) -> list[Frame]:
    """Leave a shutter shut: what remains is the offset, and 1 ADU rms of noise."""
    return [
        replace(
            frame,
            pixels=np.maximum(
                np.rint(dark_adu + rng.standard_normal(frame.pixels.shape)), 0
            ).astype(frame.pixels.dtype),
        )
        for frame in frames
    ]


def _saturated(frames: Sequence[Frame], first: Sequence[Frame]) -> list[Frame]:
    return [replace(f, pixels=np.full_like(f.pixels, f.meta.saturation_adu)) for f in frames]


def _frozen(frames: Sequence[Frame], first: Sequence[Frame]) -> list[Frame]:
    """Hand out an old buffer: the frames of the first capture again."""
    return [
        replace(frame, pixels=first[i % len(first)].pixels.copy()) for i, frame in enumerate(frames)
    ]


def _duplicated(frames: Sequence[Frame], first: Sequence[Frame]) -> list[Frame]:
    """All repeats are one frame; a single one is that of the first capture."""
    source = first if len(frames) == 1 else frames
    return [replace(frame, pixels=source[0].pixels.copy()) for frame in frames]


def _shape_changes(frames: Sequence[Frame], first: Sequence[Frame]) -> list[Frame]:
    return [*frames[:-1], replace(frames[-1], pixels=frames[-1].pixels[..., :-1, :].copy())]


# Beside `dark`, which needs to know what dark is.
FRAME_FAULTS: Mapping[str, FrameFault] = {
    "saturated": _saturated,
    "frozen": _frozen,
    "duplicated": _duplicated,
    "identical_rows": _each(
        lambda pixels: np.repeat(pixels[..., :1, :], pixels.shape[-2], axis=-2)
    ),
    "cropped": _each(lambda pixels: pixels[..., : pixels.shape[-2] // 2, :].copy()),
    "byte_swapped": _each(lambda pixels: pixels.byteswap()),
    "not_integers": _each(lambda pixels: pixels.astype(np.float64)),
    "nan": _each(lambda pixels: np.full(pixels.shape, np.nan)),
    "bit_depth": _each(lambda pixels: (pixels >> 8).astype(np.uint8)),
    "shape_changes": _shape_changes,
    "frame_missing": lambda frames, first: list(frames[:-1]),
    "exposure_negative": _exposure(lambda exposure_ms: -1.0),
    "exposure_nan": _exposure(lambda exposure_ms: float("nan")),
    "exposure_doubled": _exposure(lambda exposure_ms: 2 * exposure_ms),
}
