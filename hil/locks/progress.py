"""Whether somebody lives of whom only a counter is seen, which nobody else raises.

No clock of another machine is read, and none is trusted: the watcher counts how long the counter
stands still by its own monotonic clock, and only while it can look.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# A living holder raises its counter every few seconds; see `hil.session.polls`.
SILENT_S = 60.0
# A longer pause between two looks tells nothing: the database was locked, the watcher asleep.
_GAP_S = 2.0


class Life(Enum):
    """What is known of a process."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class _Seen:
    count: int
    looked_s: float
    silent_s: float = 0.0
    moved: bool = False


class ProgressWatch:
    """Remembers what it saw of counters.

    Parameters
    ----------
    silent_s
        So long a counter stands still before its owner counts as dead, seconds.
    """

    def __init__(self, silent_s: float = SILENT_S) -> None:
        self._silent_s = silent_s
        self._seen: dict[str, _Seen] = {}

    def look(self, key: str, count: int, now_s: float) -> Life:
        """Look at a counter; call it again until it tells.

        Parameters
        ----------
        key
            Whose it is.
        count
            Where it stands.
        now_s
            Now, on the watcher's monotonic clock.
        """
        seen = self._seen.setdefault(key, _Seen(count, now_s))
        if seen.count != count:
            self._seen[key] = _Seen(count, now_s, moved=True)
            return Life.ALIVE
        seen.silent_s += min(max(now_s - seen.looked_s, 0.0), _GAP_S)
        seen.looked_s = now_s
        if seen.silent_s >= self._silent_s:
            return Life.DEAD
        return Life.ALIVE if seen.moved else Life.UNKNOWN
