"""Kinds of events, and how much each matters to who comes back in the morning."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class EventSeverity(StrEnum):
    """How much something matters, least first."""

    INFO = "info"  # as it should be
    WARNING = "warning"  # worth knowing; nothing is lost
    ERROR = "error"  # something failed; the rig is safe
    CRITICAL = "critical"  # the rig may not be safe, or was not watched

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(EventSeverity).index(self)


_I, _W, _E, _C = EventSeverity

EVENT_SEVERITY: Mapping[str, EventSeverity] = {
    "approval_needed": _I,
    "approved": _I,
    "calibrate": _I,
    "continue_requested": _I,
    "continued": _I,
    "dose": _I,
    "drift": _I,
    "enqueued": _I,
    "measure": _I,
    "measured": _I,
    "modes_check": _I,
    "move": _I,
    "park": _I,
    "pause_requested": _I,
    "pipelined": _I,
    "search_changed": _I,
    "setup": _I,
    "stop_requested": _I,
    "verdict": _I,
    "winner": _I,
    "approval_timeout": _W,
    "calibration_accepted": _W,
    "constraint_broken": _W,
    "frames_lost": _W,
    "frames_refused": _W,
    "guardian_lost": _W,
    "interlock": _W,
    "left": _W,
    "metric_absent": _W,
    "paused": _W,
    "refused": _W,
    "replayed": _W,
    "resumed": _W,
    "rig_file_differs": _W,
    "calibration_refused": _E,
    "device_hangs": _E,
    "guardian_park": _E,
    "left_behind": _E,
    "move_failed": _E,
    "guardian_unfit": _C,
    "park_failed": _C,
}

# by trial state
TRIAL_SEVERITY: Mapping[str, EventSeverity] = {
    "FAILED": _E,
    "STALE": _W,
    "ABORTED": _W,
    "PRUNED": _I,
}


def severity_of(kind: str) -> EventSeverity:
    """Tell how much an event of this kind matters; one that nobody knows here is a warning."""
    return EVENT_SEVERITY.get(kind, EventSeverity.WARNING)


def detail_words(detail: Mapping[str, Any], between: str = ": ") -> str:
    """Say what an event tells of itself as a person reads it; what is empty is left out."""
    told = {key: value for key, value in detail.items() if value not in ("", None)}
    return ", ".join(f"{key}{between}{_words(value)}" for key, value in told.items())


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_words(own)}" for key, own in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(_words(one) for one in value)
    return str(value)
