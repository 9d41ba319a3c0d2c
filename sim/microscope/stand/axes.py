"""Where focus and mirror really are: an axis may move otherwise than it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.microscope.stand.mirror import MIRROR_SETTINGS

FOCUS = "focus.z_um"
SCALED = (FOCUS, *MIRROR_SETTINGS)
"""Settings whose scale and sign may be off."""


@dataclass(frozen=True, slots=True)
class AxisErrors:
    """How far axes are from what they say.

    Parameters
    ----------
    focus_offset_um
        Added to the focus.
    scale
        Setting to how much it moves for each unit it says: 1 where it is not named, negative for
        the other sign, 0 for an axis that is stuck.
    """

    focus_offset_um: float = 0.0
    scale: Mapping[str, float] = field(default_factory=dict)

    def really(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Tell where the axes are when they say `settings`; numbers may be tensors."""
        found = {**settings}
        for name, scale in self.scale.items():
            found[name] = settings[name] * scale
        if self.focus_offset_um:
            found[FOCUS] = found[FOCUS] + self.focus_offset_um
        return found

    def said(self, wanted: Mapping[str, float]) -> dict[str, float]:
        """Tell what the axes say where they really are at `wanted`; one that is stuck says 0."""
        found = {**wanted}
        if FOCUS in found:
            found[FOCUS] -= self.focus_offset_um
        for name, scale in self.scale.items():
            if name in found:
                found[name] = found[name] / scale if scale else 0.0
        return found
