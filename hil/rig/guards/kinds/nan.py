"""Pixels that are no numbers."""

from __future__ import annotations

import numpy as np

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class NotFinite(FrameGuard):
    """NaN or infinity in a frame.

    False alarms: none; frames are whole numbers.
    """

    name = "nan"
    order = 20

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        for pixels in taken.pixels:
            if pixels.dtype.kind not in "fc":
                continue
            bad = pixels.size - int(np.count_nonzero(np.isfinite(pixels)))
            if bad:
                return Finding(f"{bad} of {pixels.size} pixels are no number", {"pixels": bad})
        return None


GUARD = NotFinite()
