"""A trial before and after it is measured, as a person sees it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.types import Value
from hil.records.html import interval, pairs_html
from hil.records.trial import METRIC, OpenTrial, TrialState

if TYPE_CHECKING:
    from hil.store import Database


@dataclass(frozen=True, slots=True)
class AskedTrial:
    """A trial that is proposed and committed, and not yet measured.

    Parameters
    ----------
    session_id, number
        Which trial of which session.
    settings
        What is to be set, by canonical name; what the session holds fixed is not among them.
    kind
        ``"search"``, ``"start"``, ``"reference"``, or ``"again"`` for a leader that is measured
        once more.
    open_trial
        For the session.
    """

    session_id: str
    number: int
    settings: Mapping[str, Value]
    kind: str
    open_trial: OpenTrial

    def _repr_html_(self) -> str:
        return pairs_html(f"trial {self.number} ({self.kind}), asked for", self.settings.items())


@dataclass(frozen=True, slots=True)
class MeasuredTrial:
    """What a trial came to.

    Parameters
    ----------
    session_id, number
        Which trial of which session.
    state, reason
        How it ended; COMPLETE if all went well.
    objective, ci_low, ci_high
        The first objective with its interval; NaN where there is none.
    objectives
        All of them by name.
    settings
        As the devices read them back.
    metrics
        Of the session file, by name.
    constraints
        Name to how far it is broken; at most 0 is kept.
    flags
        What speaks against the number.
    """

    session_id: str
    number: int
    state: TrialState
    reason: str
    objective: float
    ci_low: float
    ci_high: float
    objectives: Mapping[str, float]
    settings: Mapping[str, Value]
    metrics: Mapping[str, float]
    constraints: Mapping[str, float]
    flags: tuple[str, ...]

    @property
    def feasible(self) -> bool:
        """Whether it is COMPLETE and keeps all constraints, so that it may win."""
        kept = all(value <= 0 for value in self.constraints.values() if value is not None)
        return self.state is TrialState.COMPLETE and kept

    def _repr_html_(self) -> str:
        broken = [name for name, value in self.constraints.items() if value and value > 0]
        said = [
            ("state", f"{self.state}: {self.reason}" if self.reason else str(self.state)),
            *self.objectives.items(),
            ("interval", interval(self.ci_low, self.ci_high).strip(" ()")),
            ("flags", ", ".join(self.flags)),
            ("breaks", ", ".join(broken)),
            *((f"{METRIC}{name}", value) for name, value in self.metrics.items()),
            *self.settings.items(),
        ]
        return pairs_html(f"trial {self.number}", said)


def measured_trial(database: Database, session_id: str, number: int) -> MeasuredTrial:
    """Read a trial."""
    table = database.trial_rows(session_id, where=[f"number = {number}"], limit=1)
    row: dict[str, Any] = dict(zip(table.names, table.rows[0], strict=True))
    return MeasuredTrial(
        session_id=session_id,
        number=number,
        state=TrialState(row["state"]),
        reason=row["reason"],
        objective=_number(row["objective"]),
        ci_low=_number(row["ci_low"]),
        ci_high=_number(row["ci_high"]),
        objectives={name: _number(value) for name, value in (row["objectives"] or {}).items()},
        settings=dict(row["settings"] or {}),
        metrics={
            name.removeprefix(METRIC): value
            for name, value in row.items()
            if name.startswith(METRIC) and value is not None
        },
        constraints=dict(row["constraints"] or {}),
        flags=tuple(row["flags"] or ()),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
