"""The computer's clock, behind the port through which everything asks for time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, handed in so that tests and replays own it."""

    def now(self) -> datetime:
        """UTC, with time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...


class SystemClock:
    """Implements `hil.clock.Clock`."""

    def now(self) -> datetime:
        """UTC, with time zone."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()
