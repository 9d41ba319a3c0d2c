"""Whether the values of TIFF images are what a camera counted: nothing turned round or smoothed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import InputError
from hil.frames.lossless import why_not_lossless

_COLOURS = {
    5: "inks (CMYK)",
    6: "brightness and colour (YCbCr)",
    8: "colours (CIELAB)",
    9: "colours (ICCLAB)",
    10: "colours (ITULAB)",
    32803: "a mosaic of colours (CFA)",
    32844: "logarithms (LogL)",
    32845: "logarithms (LogLuv)",
}
_LARGEST_RATIO = 2000  # no codec makes more of a byte; zlib about 1030


def check_values(path: Path, page: Any) -> None:
    """Refuse images that hold something else than counts.

    Parameters
    ----------
    path
        The file, for messages.
    page
        The first tifffile.TiffPage of a series; the others are like it.

    Raises
    ------
    InputError
    """
    segment = _first_segment(page)
    name = getattr(page.compression, "name", str(page.compression))
    against = why_not_lossless(int(page.compression), name, segment)
    if against:
        raise InputError(path, "", f"is {against}; allowed: frames as the camera gave them")
    photometric = int(page.photometric)
    if photometric == 0 and page.bitspersample > 1:  # masks of one bit are as they are stored
        raise InputError(
            path,
            "",
            "is stored with 0 as white (MinIsWhite), so that more light reads less; allowed: frames"
            " turned round to ADU, where 0 is dark",
        )
    if photometric in _COLOURS:
        raise InputError(path, "", f"holds {_COLOURS[photometric]}; allowed: grey images, in ADU")
    if photometric == 3 and not page.parent.is_imagej and not _is_ramp(page.colormap):
        raise InputError(
            path,
            "",
            "holds numbers of colours in a table (palette); allowed: grey images, in ADU",
        )
    stored = sum(page.databytecounts)
    if page.nbytes > _LARGEST_RATIO * (stored + 2**16):
        raise InputError(
            path, "", f"is damaged: {stored} bytes cannot hold an image of {page.nbytes}"
        )


def _first_segment(page: Any) -> bytes:
    """Read a strip or tile as it is stored, behind the tables that JPEG may have of its own."""
    if page.compression == 1 or not page.dataoffsets:
        return b""
    handle = page.parent.filehandle
    handle.seek(page.dataoffsets[0])
    return bytes(handle.read(min(page.databytecounts[0], 2**16)))


def _is_ramp(table: Any) -> bool:
    """Whether a palette only colours brightness: no channel of it falls, and one rises."""
    if table is None:
        return False
    steps = np.diff(np.asarray(table, dtype=np.int64), axis=1)
    return bool((steps >= 0).all() and (steps.sum(axis=0) > 0).any())
