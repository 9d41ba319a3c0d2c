"""What a controller knows of a trial before it is committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drivers.types import Value
from hil.records.estimate import Assessment
from hil.records.trial import TrialState
from hil.store.frames.writer import Sealed


@dataclass(slots=True)
class TrialWork:
    """What is known of a trial in work, and not yet committed."""

    number: int = -1
    began_s: float | None = None  # on the monotonic clock; None where another process began it
    applied_at: datetime | None = None
    read_back: Mapping[str, Value] | None = None
    sealed: Sealed | None = None
    captured: bool = False
    estimated_at: datetime | None = None
    assessment: Assessment | None = None

    def outcome(self, state: TrialState) -> dict[str, Any]:
        """Columns of the trial that its assessment fills."""
        if self.assessment is None:
            return {}
        assessment = self.assessment
        values: dict[str, Any] = {
            "estimated_at": self.estimated_at,
            "constraints": dict(assessment.constraints),
        }
        if state is not TrialState.COMPLETE:
            return values
        objective = next(iter(assessment.objectives.values()), None)
        values |= {"objective": objective, "objectives": dict(assessment.objectives)}
        low, high = assessment.interval
        return values | {"ci_low": low, "ci_high": high}
