"""Frames as small grey pictures."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from drivers.types import Floats
from hil.errors import StoreError
from hil.report.grey import grey_png, grey_scale, in_blocks

if TYPE_CHECKING:
    from hil.store import Database

_KEPT = 8


class FrameImages:
    """Pictures of one session's trials: the first frame of the first field of view of each.

    Parameters
    ----------
    database
        Where the frames are.
    session_id
        Full id.
    """

    def __init__(self, database: Database, session_id: str) -> None:
        self._database = database
        self._session_id = session_id
        self._guard = threading.Lock()
        self._small: OrderedDict[int, Floats | None] = OrderedDict()

    def scale(self, number: int) -> tuple[float, float] | None:
        """ADU that are shown black and white; None where no frame of the trial is there."""
        frame = self._frame(number)
        if frame is None:
            return None
        return grey_scale(frame)

    def png(self, number: int, low: float, high: float) -> bytes | None:
        """Draw a trial's frame; None where there is none."""
        frame = self._frame(number)
        if frame is None:
            return None
        return grey_png(frame, low, high)

    def _frame(self, number: int) -> Floats | None:
        with self._guard:
            if number not in self._small:
                self._small[number] = self._read(number)
                while len(self._small) > _KEPT:
                    self._small.popitem(last=False)
            return self._small[number]

    def _read(self, number: int) -> Floats | None:
        try:
            pixels = self._database.field(self._session_id, number)
        except StoreError:
            return None
        if not pixels.size:
            return None
        frame = pixels[0]
        return in_blocks(frame[0] if frame.ndim == 3 else frame)
