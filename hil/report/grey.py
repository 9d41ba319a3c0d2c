"""Frames as small grey pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.errors import StoreError
from hil.report.material import Material

_THUMBNAIL_PX = 96


def in_blocks(frame: NDArray[np.generic], most_px: int = 512) -> Floats:
    """Take means of blocks, so that no picture has more than so many pixels a side.

    Without it a camera's 2048 pixels would make a page of megabytes.
    """
    image = frame.astype(np.float64)
    step = -(-max(image.shape) // most_px)
    height, width = (size // step * step for size in image.shape)
    if step == 1 or not height or not width:
        return image
    blocks = image[:height, :width].reshape(height // step, step, width // step, step)
    means: Floats = blocks.mean(axis=(1, 3))
    return means


def grey_scale(image: Floats) -> tuple[float, float]:
    """Choose the ADU that are shown black and white."""
    low, high = np.percentile(image, (0.5, 99.8))
    return float(low), float(max(high, low + 1))


def grey_png(image: Floats, low: float, high: float) -> bytes:
    """Draw a picture between two grey values."""
    grey = np.clip((image - low) / max(high - low, 1e-9), 0, 1) * 255
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(grey.round().astype(np.uint8))))


def thumbnails(material: Material, numbers: Sequence[int]) -> Iterator[str]:
    """Draw the first frame of each trial for a page; empty where none was kept.

    At one grey scale, that of the first trial which has a frame.
    """
    scale = None
    for number in numbers:
        image = _first(material, number)
        if image is None:
            yield ""
            continue
        scale = scale or grey_scale(image)
        yield f"data:image/png;base64,{base64.b64encode(grey_png(image, *scale)).decode()}"


def _first(material: Material, number: int) -> Floats | None:
    try:
        pixels = material.database.field(material.record.id, number)
    except StoreError:
        return None
    if not pixels.size:
        return None
    frame = pixels[0]
    return in_blocks(frame[0] if frame.ndim == 3 else frame, _THUMBNAIL_PX)
