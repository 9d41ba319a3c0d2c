"""What the frames said of the camera's codes, for whoever makes an estimate of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hil.noise.code_step import PLAIN, CodeStep

Unit = Literal["adu", "codes", "unclear"]


@dataclass(frozen=True, slots=True)
class CameraCodes:
    """What was found.

    Parameters
    ----------
    step
        Of the codes, ADU; `PLAIN` where all are used.
    divided
        Whether the frames are put into numbers of codes.
    unit
        What the noise is stated for: the frames' ADU, or the numbers of codes; where neither can be
        excluded, it is taken to be for ADU.
    top_adu, black_adu
        Where pixels pile up below the stated top code, and above 0; None where they do not.
    piled_share
        Share of the pixels there.
    duplicates
        How many frames are a copy of another.
    """

    step: CodeStep = PLAIN
    divided: bool = False
    unit: Unit = "adu"
    top_adu: float | None = None
    black_adu: float | None = None
    piled_share: float = 0.0
    duplicates: int = 0

    @property
    def flags(self) -> frozenset[str]:
        """What of it is flagged."""
        found = {
            "code_step": self.step is not PLAIN and self.divided,
            "codes_not_divided": self.step is not PLAIN and not self.divided,
            "noise_unit_unclear": self.unit == "unclear",
            "clips_inside": self.top_adu is not None or self.black_adu is not None,
            "duplicate_frames": self.duplicates > 0,
        }
        return frozenset(flag for flag, holds in found.items() if holds)

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        found: dict[str, Any] = {}
        if self.step is not PLAIN:
            found["code_step_adu"] = self.step.step_adu
            found["noise_stated_in"] = self.unit
        if self.top_adu is not None:
            found["clips_at_adu"] = self.top_adu
        if self.black_adu is not None:
            found["black_level_adu"] = self.black_adu
        if self.duplicates:
            found["duplicate_frames"] = self.duplicates
        return found

    def in_codes(self, adu: float) -> float:
        """Put an ADU of the frames into the unit that is worked in."""
        return adu if not self.divided else (adu - self.step.phase_adu) / self.step.step_adu

    def numbers(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Put integer frames into the unit that is worked in; their type stays."""
        if not self.divided or frames.size == 0:
            return frames
        table = self.step.number(np.arange(int(frames.max()) + 1))
        numbers: NDArray[Any] = table.astype(frames.dtype)[np.maximum(frames, 0)]
        return numbers


NOTHING_FOUND = CameraCodes()
