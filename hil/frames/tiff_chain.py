"""The chain of images in a TIFF file: each names the place of the next.

tifffile follows a chain that leads back into itself without end, image by image.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from hil.errors import InputError


def check_chain(path: Path, file: Any) -> None:
    """See that the chain of images has an end; whatever else is wrong with it tifffile says.

    Parameters
    ----------
    path
        Named in the error.
    file
        An open ``tifffile.TiffFile``.

    Raises
    ------
    InputError
        It leads back to an image that was there before.
    """
    handle, form = file.filehandle, file.tiff
    if form.is_ndpi:  # offsets of more bits than the rest of the chain
        return
    seen: set[int] = set()
    offset = int(file.pages.first.offset)
    while 0 < offset < handle.size:
        if offset in seen:
            problem = "is damaged: its list of images leads back to one that it has named before"
            raise InputError(path, "", problem)
        seen.add(offset)
        try:
            handle.seek(offset)
            (tags,) = struct.unpack(form.tagnoformat, handle.read(form.tagnosize))
            handle.seek(offset + form.tagnosize + tags * form.tagsize)
            (offset,) = struct.unpack(form.offsetformat, handle.read(form.offsetsize))
        except struct.error:  # beyond the end of the file
            return
