"""The columns of trials and sessions that people query, with what may be asked of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select

from hil.records.trial import METRIC, TrialState
from hil.store.asking import leading
from hil.store.asking.filters import Type
from hil.store.asking.leading import of_last_winner
from hil.store.models import (
    AcquisitionTable,
    EstimateTable,
    EventTable,
    RigTable,
    SessionTable,
    TrialTable,
)


class Column(NamedTuple):
    """One column: its expression, and the type it is filtered as; None where it is not."""

    expression: Any
    kind: Type | None


_N_FRAMES = (
    select(AcquisitionTable.n_frames)
    .where(AcquisitionTable.trial_id == TrialTable.id)
    .correlate(TrialTable)
    .scalar_subquery()
)

_SESSION_NAME = (
    select(SessionTable.name)
    .where(SessionTable.id == TrialTable.session_id)
    .correlate(TrialTable)
    .scalar_subquery()
)

_RIG_NAME = (
    select(RigTable.name)
    .join(SessionTable, SessionTable.rig_id == RigTable.id)
    .where(SessionTable.id == TrialTable.session_id)
    .correlate(TrialTable)
    .scalar_subquery()
)

# The same as the view trial_summary, which a test holds it to, in the same order.
SUMMARY: Mapping[str, Column] = {
    "session_id": Column(TrialTable.session_id, "text"),
    "session_name": Column(_SESSION_NAME, "text"),
    "rig": Column(_RIG_NAME, "text"),
    "number": Column(TrialTable.number, "number"),
    "state": Column(TrialTable.state, "text"),
    "reason": Column(TrialTable.reason, "text"),
    "objective": Column(TrialTable.objective, "number"),
    "ci_low": Column(TrialTable.ci_low, "number"),
    "ci_high": Column(TrialTable.ci_high, "number"),
    "objectives": Column(TrialTable.objectives, None),
    "n_frames": Column(_N_FRAMES, "number"),
    "proposed_at": Column(TrialTable.proposed_at, "time"),
    "finished_at": Column(TrialTable.finished_at, "time"),
    "device_s": Column(TrialTable.device_s, "number"),
    "total_s": Column(TrialTable.total_s, "number"),
    "requested": Column(TrialTable.requested, None),
    "settings": Column(TrialTable.settings, None),
    "tags": Column(TrialTable.tags, "tags"),
}

# What is asked of a trial's estimate: of the session's own, which is the oldest.
OF_ESTIMATE: Mapping[str, Callable[[Any], Any]] = {
    "dose_mj": lambda own: own.details["dose_mj"].as_float(),
    "lower_bits": lambda own: own.details["lower_bits"].as_float(),
    "flags": lambda own: own.flags,
}


def metrics_of(own: Any) -> Any:
    """Give the metrics of an estimate."""
    return own.details["metrics"]


def of_own_estimate(asked: Any) -> Any:
    """Ask it of a trial's own estimate."""
    return (
        select(asked)
        .where(EstimateTable.trial_id == TrialTable.id)
        .order_by(EstimateTable.created_at)
        .limit(1)
        .correlate(TrialTable)
        .scalar_subquery()
    )


_OWN = {name: of_own_estimate(of(EstimateTable)) for name, of in OF_ESTIMATE.items()}

# What a DataFrame of trials has besides.
FURTHER: Mapping[str, Column] = {
    "kind": Column(TrialTable.kind, "text"),
    "note": Column(TrialTable.note, "text"),
    "retry_of": Column(TrialTable.retry_of, "number"),
    "constraints": Column(TrialTable.constraints, None),
    "controller": Column(TrialTable.controller, "text"),
    "dose_mj": Column(_OWN["dose_mj"], "number"),
    "lower_bits": Column(_OWN["lower_bits"], "number"),
    "flags": Column(_OWN["flags"], "tags"),
}

TRIALS: Mapping[str, Column] = {**SUMMARY, **FURTHER}

# Read only where trials have metrics, whose names stand among those of settings.
METRICS = of_own_estimate(metrics_of(EstimateTable))


def with_metrics(
    settings: Mapping[str, Any] | None, metrics: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Give what settings read back and, beside them, metrics under the names of columns."""
    named = {f"{METRIC}{name}": value for name, value in (metrics or {}).items()}
    return {**named, **(settings or {})}


def some_are_metrics(names: Iterable[str]) -> bool:
    """Whether metrics are among the names of settings."""
    return any(name.startswith(METRIC) for name in names)


def _of_trials(expression: Any, *conditions: Any) -> Any:
    return (
        select(expression)
        .where(TrialTable.session_id == SessionTable.id, *conditions)
        .correlate(SessionTable)
        .scalar_subquery()
    )


def columns_of_best(known: Mapping[str, leading.Leading]) -> Mapping[str, Column]:
    """Give the columns of the best, with those sessions' of which it was computed."""
    return {
        column: Column(leading.expression(name, known), "number")
        for column, name in leading.NAMES.items()
    }


# What the event says, by column. Each can be asked for by itself; rows that are shown take the
# event once, since looking for it five times is most of what a list of sessions costs.
OF_WINNER: Mapping[str, str] = {
    "winner": "number",
    "winner_objective": "objective",
    "winner_low": "ci_low",
    "winner_high": "ci_high",
    "winner_probability": "probability",
}
WINNER_SAID = of_last_winner(EventTable.detail)


SESSIONS: Mapping[str, Column] = {
    "session_id": Column(SessionTable.id, "text"),
    "name": Column(SessionTable.name, "text"),
    "rig": Column(RigTable.name, "text"),
    "state": Column(SessionTable.state, "text"),
    "reason": Column(SessionTable.reason, "text"),
    "n_trials": Column(SessionTable.n_trials, "number"),
    "n_complete": Column(
        _of_trials(func.count(), TrialTable.state == TrialState.COMPLETE.value), "number"
    ),
    **columns_of_best({}),
    **{
        name: Column(of_last_winner(EventTable.detail[key].as_float()), "number")
        for name, key in OF_WINNER.items()
    },
    "objectives": Column(SessionTable.objectives, None),
    "estimator": Column(SessionTable.estimator, "text"),
    "calibration_id": Column(SessionTable.calibration_id, "text"),
    "seed": Column(SessionTable.seed, "number"),
    "created_at": Column(SessionTable.created_at, "time"),
    "finished_at": Column(SessionTable.finished_at, "time"),
    "tags": Column(SessionTable.tags, "tags"),
    "note": Column(SessionTable.note, "text"),
}
# People write `tag`; the column is `tags`.
ALSO_CALLED = {"tag": "tags", "session": "session_id"}
