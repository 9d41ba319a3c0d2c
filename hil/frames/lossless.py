"""Which compressed TIFF images hold the camera's own values.

What a lossy codec does to noise is none of the camera's: it smooths some and adds its own.
JPEG 2000, JPEG, WebP and LERC can be either, and their streams say which.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

_LOSSLESS = {1, 2, 3, 4, 5, 8, 9, 10, 32766, 32771, 32773, 32809, 32895, 32908, 32946, 32947}
_LOSSLESS |= {34661, 34715, 34925, 34926, 34933, 50000, 50013, 65000, 65001, 65002}


def why_not_lossless(compression: int, name: str, segment: bytes) -> str:
    """Say what speaks against a compression, empty where nothing does.

    Parameters
    ----------
    compression
        The TIFF tag of that name.
    name
        What people call it.
    segment
        A strip or tile, as it is stored.
    """
    if compression in _LOSSLESS:
        return ""
    said = _SAID_BY_STREAM.get(compression)
    if said is not None and said(segment):
        return ""
    lossy = "is" if said is not None or compression in _ALWAYS_LOSSY else "may be"
    return f"compressed by {name}, which {lossy} lossy here: its noise is none of the camera's"


def _jpeg_2000(stream: bytes) -> bool:
    """Whether the wavelet is the reversible 5-3 (ISO 15444-1, A.6.1)."""
    at = stream.find(b"\xff\x4f\xff\x51")  # start of codestream, size: within a box or not
    if at < 0:
        return False
    at += 2
    transforms: list[int] = []
    while at + 4 <= len(stream):
        marker, length = struct.unpack(">HH", stream[at : at + 4])
        if marker == 0xFF90:  # the first tile-part: the main header is over
            break
        if marker == 0xFF52:
            transforms += stream[at + 13 : at + 14]
        elif marker == 0xFF53:  # COC: of one component, in a stream of fewer than 257
            transforms += stream[at + 10 : at + 11]
        at += 2 + length
    return bool(transforms) and all(one == 1 for one in transforms)


def _jpeg(stream: bytes) -> bool:
    """Whether it is lossless JPEG (SOF3), or JPEG-LS with NEAR = 0."""
    at = 2
    exact = False
    while at + 4 <= len(stream) and stream[at] == 0xFF:
        marker, length = struct.unpack(">HH", stream[at : at + 4])
        if marker in (0xFFC3, 0xFFF7):
            exact = True
        elif 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            return False
        elif marker == 0xFFDA:
            n = stream[at + 4]
            near = stream[at + 5 + 2 * n] if exact and at + 5 + 2 * n < len(stream) else 0
            return exact and (near == 0 or b"\xff\xf7" not in stream[:at])
        at += 2 + length
    return False


def _webp(stream: bytes) -> bool:
    return stream[:4] == b"RIFF" and b"VP8L" in stream[8:64] and b"VP8 " not in stream[8:64]


def _lerc(stream: bytes) -> bool:
    """Whether nothing may be off: the largest error stands before minimum and maximum."""
    if stream[:6] != b"Lerc2 " or len(stream) < 90:
        return False
    (version,) = struct.unpack("<i", stream[6:10])
    numbers = 6 + (version >= 4) + 2 * (version >= 6)
    at = 10 + 4 * (version >= 3) + 4 * numbers
    kind_at = at if version < 6 else at - 8
    kind, largest = (
        struct.unpack("<i", stream[kind_at - 4 : kind_at])[0],
        struct.unpack("<d", stream[at : at + 8])[0],
    )
    return bool(largest <= 0.5) if kind < 6 else bool(largest == 0)


_SAID_BY_STREAM: Mapping[int, Callable[[bytes], bool]] = {
    7: _jpeg,
    33003: _jpeg_2000,
    33004: _jpeg_2000,
    33005: _jpeg_2000,
    34712: _jpeg_2000,
    34887: _lerc,
    34927: _webp,
    50001: _webp,
}
_ALWAYS_LOSSY = {6, 99, 33007, 34892, 34676, 34677, 48124}
