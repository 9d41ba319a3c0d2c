"""The computer's clock, behind the port through which everything asks for time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements `hil.ports.Clock`."""

    def now(self) -> datetime:
        """UTC, with time zone."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()
