"""Whether it pays to measure a trial while the one before is estimated, by what both take.

Ahead, a proposal knows one trial less, so that a search takes a few trials more; and what is saved
is the shorter of the two times. So both must be worth speaking of.
"""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field

_TRIALS = 4
_SAVED = 0.2  # of a trial's time; see benchmarks/pipeline.py for what a proposal ahead costs


@dataclass(slots=True)
class Costs:
    """What the last trials took.

    Attributes
    ----------
    measuring_s, thinking_s
        Seconds of devices, and of the estimate and the proposal after it, trial by trial.
    """

    measuring_s: deque[float] = field(default_factory=lambda: deque(maxlen=_TRIALS))
    thinking_s: deque[float] = field(default_factory=lambda: deque(maxlen=_TRIALS))

    def add(self, measuring_s: float, thinking_s: float) -> None:
        """Note one trial."""
        self.measuring_s.append(measuring_s)
        self.thinking_s.append(thinking_s)

    @property
    def saved(self) -> float:
        """Share of the time of a trial that would be saved; 0 until that is known."""
        if len(self.measuring_s) < _TRIALS:
            return 0.0
        both = (statistics.median(self.measuring_s), statistics.median(self.thinking_s))
        return min(both) / sum(both) if sum(both) > 0 else 0.0

    @property
    def pays(self) -> bool:
        """Whether that is enough."""
        return self.saved >= _SAVED
