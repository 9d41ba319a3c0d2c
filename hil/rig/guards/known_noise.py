"""What guards know of a camera's noise; whoever has a noise model says it in these words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownNoise:
    """The noise of one pixel.

    Parameters
    ----------
    variance_adu2
        Variance at a mean, rounding included, ADU^2.
    dark_adu
        What a pixel reads without light; None where the noise model does not say.
    electron_adu
        Codes from one electron to the next where read noise leaves them apart; 0 where it does not.
    """

    variance_adu2: Callable[[float], float]
    dark_adu: float | None = None
    electron_adu: float = 0.0
