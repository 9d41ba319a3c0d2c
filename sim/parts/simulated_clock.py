"""How time passes in a simulated rig: on a clock of its own, or as it would on hardware."""

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
    """Nobody waits for motions and exposures, but they take their time on a clock of the rig's own.

    So the time that a trial would have taken on hardware is known, and the same in every run.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        self._guard = threading.Lock()

    def monotonic_s(self) -> float:
        """Seconds that the waits so far would have lasted."""
        return self._now_s

    def wait(self, seconds: float, interrupted: threading.Event) -> bool:
        """Set the clock forward and return at once; not, if the event is set."""
        if interrupted.is_set():
            return True
        with self._guard:
            self._now_s += max(seconds, 0.0)
        return False
