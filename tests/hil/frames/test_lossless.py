"""Compressed TIFF files: what was smoothed is none of the camera's."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames
from hil.frames.lossless import why_not_lossless
from tests.hil.frames.stored import FRAMES

WIDE = FRAMES[:, 0].repeat(4, 1).repeat(4, 2)
BYTES = (WIDE // 16).astype(np.uint8)

LOSSLESS: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "LZW": (WIDE, {"compression": "lzw", "predictor": True}),
    "LZW of real numbers": (WIDE.astype("f4"), {"compression": "lzw", "predictor": 3}),
    "PackBits": (WIDE, {"compression": "packbits"}),
    "Zstandard": (WIDE, {"compression": "zstd"}),
    "LZMA": (WIDE, {"compression": "lzma"}),
    "PNG": (WIDE, {"compression": "png"}),
    "JPEG 2000, reversible": (WIDE, {"compression": "jpeg2000"}),
    "LERC, exact": (WIDE, {"compression": "lerc"}),
    "LERC of real numbers, exact": (WIDE.astype("f4"), {"compression": "lerc"}),
    "lossless JPEG": (BYTES, {"compression": "jpeg", "compressionargs": {"lossless": True}}),
}
LOSSY: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "JPEG": (BYTES, {"compression": "jpeg"}),
    "JPEG 2000, irreversible": (
        WIDE,
        {"compression": "jpeg2000", "compressionargs": {"level": 60, "reversible": False}},
    ),
    "JPEG XR": (WIDE, {"compression": "jpegxr", "compressionargs": {"level": 80}}),
    "JPEG XL": (WIDE, {"compression": "jpegxl", "compressionargs": {"lossless": False}}),
    "LERC": (WIDE, {"compression": "lerc", "compressionargs": {"level": 5}}),
    "LERC of real numbers": (
        WIDE.astype("f4"),
        {"compression": "lerc", "compressionargs": {"level": 0.1}},
    ),
}


@pytest.mark.parametrize("tile", [None, (32, 32)], ids=["strips", "tiles"])
@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_frames_are_read(tmp_path: Path, kind: str, tile: tuple[int, int] | None) -> None:
    frames, how = LOSSLESS[kind]
    tifffile.imwrite(tmp_path / "a.tif", frames, tile=tile, photometric="minisblack", **how)
    found = open_frames(tmp_path / "a.tif")
    assert np.array_equal(np.stack([found[k][0] for k in range(len(frames))]), frames)


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_frames_are_refused(tmp_path: Path, kind: str) -> None:
    frames, how = LOSSY[kind]
    tifffile.imwrite(tmp_path / "a.tif", frames, photometric="minisblack", **how)
    with pytest.raises(InputError, match=r"compressed by .* lossy here: its noise is none of"):
        open_frames(tmp_path / "a.tif")


@pytest.mark.parametrize("lossless", [True, False])
def test_webp_says_it_in_its_stream(lossless: bool) -> None:
    colour = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    stream = imagecodecs.webp_encode(colour, lossless=lossless, level=50)
    assert bool(why_not_lossless(50001, "WEBP", stream)) is not lossless


@pytest.mark.parametrize("near", [0, 3])
def test_jpeg_ls_may_be_near(near: int) -> None:
    stream = imagecodecs.jpegls_encode(BYTES[0], level=near)
    assert bool(why_not_lossless(7, "JPEG", stream)) is bool(near)


def packed(path: Path, frames: np.ndarray, bits: int) -> None:
    """A TIFF of one strip, pixels packed without a gap (rows end on bytes)."""
    height, width = frames.shape
    whole = ((frames[..., None].astype(np.int64) >> np.arange(bits - 1, -1, -1)) & 1).astype(
        np.uint8
    )
    content = np.packbits(whole.reshape(height, -1), axis=1).tobytes()
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, 1), (273, 4, 8),
        (277, 3, 1), (278, 4, height), (279, 4, len(content)),
    ]  # fmt: skip
    content += b"\0" * (len(content) % 2)
    directory = struct.pack("<H", len(tags))
    for tag, kind, value in tags:
        directory += struct.pack("<HHII", tag, kind, 1, value)
    path.write_bytes(
        b"II*\0" + struct.pack("<I", 8 + len(content)) + content + directory + b"\0" * 4
    )


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_pixels_are_read(tmp_path: Path, bits: int) -> None:
    frames = FRAMES[0, 0] % 2**bits
    packed(tmp_path / "a.tif", frames, bits)
    assert np.array_equal(open_frames(tmp_path / "a.tif")[0][0], frames)
