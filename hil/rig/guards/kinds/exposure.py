"""Frames whose exposure is not the one that was asked for."""

from __future__ import annotations

import math

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class ExposureDiffers(FrameGuard):
    """An exposure with the frames that is no time, or not what the camera was set to.

    It may differ from the setting as it was read back by the setting's tolerance in the rig file,
    else by 1 % or the driver's tolerance. A camera without such a setting must stay at what its
    frames said before; one frame taken again decides.

    False alarms: a camera that rounds exposures by more than 1 % and says so only with its frames;
    ``[limits."camera.exposure_ms"] tolerance`` allows for it.
    """

    name = "exposure"
    order = 50

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        found = [float(frame.meta.exposure_ms) for frame in taken.frames]
        for exposure_ms in found:
            if not math.isfinite(exposure_ms) or exposure_ms < 0:
                words = f"the exposure is said to be {exposure_ms:g} ms, which is no time"
                return Finding(words, {"exposure_ms": str(exposure_ms)})
        asked = taken.conditions
        if asked.exposure_ms is not None:
            return _unlike(found, asked.exposure_ms, asked.exposure_tolerance_ms, "set to")
        if spread := _unlike(found, found[0], 0.01 * found[0], "with the frame before"):
            return spread
        known = [seen.exposure_ms for seen in past.now.places.values()]
        known += [s.exposure_ms for t in past.same_switches(asked) for s in t.places.values()]
        if not known:
            return None
        return _unlike(found, known[0], 0.01 * known[0], "before", certain=False)

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        first, other = (float(t.frames[0].meta.exposure_ms) for t in (taken, again))
        return None if abs(first - other) <= 0.01 * first else finding


def _unlike(
    found: list[float], wanted_ms: float, tolerance_ms: float, how: str, *, certain: bool = True
) -> Finding | None:
    off = [ms for ms in found if abs(ms - wanted_ms) > tolerance_ms + 1e-6 * wanted_ms]
    if not off:
        return None
    words = f"the exposure is said to be {off[0]:g} ms, {how} {wanted_ms:g} ms"
    return Finding(words, {"exposure_ms": off[0], "expected_ms": wanted_ms}, certain)


GUARD = ExposureDiffers()
