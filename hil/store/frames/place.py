"""Whether frames can be written where they are to lie, told before anything is lit for them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hil.errors import InputError
from hil.store.frames.writer import FRAMES
from hil.waits.waits import WAITS


def check_place(frames: Path) -> None:
    """Refuse a folder in which no file can be made; nothing stays behind.

    Parameters
    ----------
    frames
        The folder, which need not exist yet.

    Raises
    ------
    InputError
        It is no folder, or its disk or its owner lets nobody write there.
    """
    with WAITS.waiting(FRAMES):
        _check(frames)


def _check(frames: Path) -> None:
    place = frames
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise InputError(frames, "", f"no folder for frames: {place} is a file")
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"frames")
    except OSError as error:
        problem = f"no frames can be written there: {error.strerror}"
        raise InputError(frames, "", problem) from None
