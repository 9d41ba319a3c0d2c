"""Frames that did not come, or that came too many."""

from __future__ import annotations

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class FrameCount(FrameGuard):
    """Another number of frames than was asked for.

    False alarms: none.
    """

    name = "frame_count"
    order = 0

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        n = len(taken.frames)
        if n == taken.wanted:
            return None
        return Finding(f"{n} of {taken.wanted} frames came", {"came": n, "wanted": taken.wanted})


GUARD = FrameCount()
