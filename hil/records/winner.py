"""What a session names at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Winner:
    """The leader that came out best of trials with fresh frames.

    Parameters
    ----------
    number
        First trial with its settings.
    objective
        Of the first objective; from fresh frames alone, what luck it had taken off.
    ci_low, ci_high
        Interval over fields of view that holds after the selection.
    probability
        That no other leader is better.
    n_measured
        Its trials with fresh frames.
    n_compared
        Leaders.
    as_good
        Numbers of other leaders that may well be better, the likeliest first.
    decided
        Whether the probability is what was asked for.
    """

    number: int
    objective: float
    ci_low: float
    ci_high: float
    probability: float
    n_measured: int
    n_compared: int
    as_good: tuple[int, ...] = ()
    decided: bool = False

    def to_json(self) -> Mapping[str, Any]:
        """Write it for an event."""
        return {**asdict(self), "as_good": list(self.as_good)}
