"""What ImageJ and Fiji are told of an OME-TIFF, of whose XML they read nothing unless asked to."""

from __future__ import annotations

import math
import struct
from pathlib import Path

_DESCRIPTION, _ASCII = 270, 2
_HEADER_OF_CLASSIC = b"II*\0"
_ENTRY = struct.Struct("<HHII")  # tag, type, count, and value or where it is
_FIRST_AT = 4  # where the header says where the first directory is


def also_for_imagej(path: Path, shape: tuple[int, ...], *, in_micrometres: bool) -> None:
    """Add a second description to the first page, in ImageJ's own words, as Micro-Manager does.

    The directory of the first page is written anew at the end of the file, with one entry more.
    What ImageJ cannot read in any case, a file beyond 4 GiB, is left as it is.

    Parameters
    ----------
    path
        An OME-TIFF as tifffile writes it.
    shape
        Of its pixels: (frames, [channels,] slices, height, width).
    in_micrometres
        Whether its resolution is in pixels per micrometre.
    """
    with path.open("r+b") as file:
        if file.read(_FIRST_AT) != _HEADER_OF_CLASSIC:
            return
        (first_at,) = struct.unpack("<I", file.read(4))
        file.seek(first_at)
        (n_entries,) = struct.unpack("<H", file.read(2))
        entries = [file.read(_ENTRY.size) for _ in range(n_entries)]
        next_at = file.read(4)
        end = file.seek(0, 2)
        said_at = end + end % 2  # values and directories begin at even places
        words = _words(shape, in_micrometres) + b"\0"
        new_at = said_at + len(words) + len(words) % 2
        if new_at + 1024 > 2**32:
            return
        entries.append(_ENTRY.pack(_DESCRIPTION, _ASCII, len(words), said_at))
        entries.sort(key=lambda entry: int(_ENTRY.unpack(entry)[0]))  # stable: OME's comes first
        file.seek(said_at)
        file.write(words)
        file.seek(new_at)
        file.write(struct.pack("<H", len(entries)) + b"".join(entries) + next_at)
        file.seek(_FIRST_AT)
        file.write(struct.pack("<I", new_at))


def _words(shape: tuple[int, ...], in_micrometres: bool) -> bytes:
    """Say what the axes are.

    No version is named, as by Bio-Formats: of a file of its own ImageJ takes the first page to be
    followed by all others, uncompressed.
    """
    said = {
        "images": math.prod(shape[:-2]),
        "channels": shape[1] if len(shape) == 5 else 1,
        "slices": shape[-3],
        "frames": shape[0],
        "hyperstack": "true",
        "mode": "grayscale",
    }
    if in_micrometres:
        said["unit"] = "micron"
    return ("ImageJ=\n" + "".join(f"{key}={value}\n" for key, value in said.items())).encode()
