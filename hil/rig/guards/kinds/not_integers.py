"""Pixels that are not the camera's own codes."""

from __future__ import annotations

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class NotIntegers(FrameGuard):
    """Anything but unsigned integers: rescaled, converted or signed frames.

    False alarms: none; `drivers.frame.Frame` promises unsigned integers.
    """

    name = "not_integers"
    order = 30

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        types = sorted({p.dtype.name for p in taken.pixels if p.dtype.kind != "u"})
        if not types:
            return None
        found = ", ".join(types)
        return Finding(f"pixels are {found}, allowed: unsigned integers", {"type": found})


GUARD = NotIntegers()
