"""How time passes in a simulated rig: as fast as it computes, or as it would on hardware."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Pace(Protocol):
    """Time as the simulated devices see it; handed in, so that a test owns it."""

    def monotonic_s(self) -> float:
        """Seconds that never run backwards."""
        ...

    def utc(self) -> datetime:
        """Date and time for the record, with time zone."""
        ...

    def wait(self, seconds: float, interrupted: threading.Event) -> bool:
        """Let `seconds` pass, or fewer if `interrupted` is set; return whether it was set."""
        ...

    def lasts(self, seconds: float) -> float:
        """Seconds that something takes here which takes `seconds` on hardware."""
        ...


class RealTime:
    """Motions and exposures take their time."""

    def monotonic_s(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    def utc(self) -> datetime:
        """Ask the system's clock."""
        return datetime.now(UTC)

    def wait(self, seconds: float, interrupted: threading.Event) -> bool:
        """Wait for the event, at most `seconds`."""
        return interrupted.wait(max(seconds, 0.0))

    def lasts(self, seconds: float) -> float:
        """As long as on hardware."""
        return seconds


class AsFastAsPossible(RealTime):
    """Motions and exposures take no time of their own."""

    def lasts(self, seconds: float) -> float:
        """No time at all."""
        return 0.0
