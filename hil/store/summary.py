"""The columns of trials and sessions that people query, with what may be asked of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select

from hil.records.trial import TrialState
from hil.store.filters import Type
from hil.store.models import Acquisition, Estimate, Rig, Session, Trial


class Column(NamedTuple):
    """One column: its expression, and the type it is filtered as; None where it is not."""

    expression: Any
    kind: Type | None


_N_FRAMES = (
    select(Acquisition.n_frames)
    .where(Acquisition.trial_id == Trial.id)
    .correlate(Trial)
    .scalar_subquery()
)

_SESSION_NAME = (
    select(Session.name).where(Session.id == Trial.session_id).correlate(Trial).scalar_subquery()
)

_RIG_NAME = (
    select(Rig.name)
    .join(Session, Session.rig_id == Rig.id)
    .where(Session.id == Trial.session_id)
    .correlate(Trial)
    .scalar_subquery()
)

# The same as the view trial_summary, which a test holds it to, in the same order.
SUMMARY: Mapping[str, Column] = {
    "session_id": Column(Trial.session_id, "text"),
    "session_name": Column(_SESSION_NAME, "text"),
    "rig": Column(_RIG_NAME, "text"),
    "number": Column(Trial.number, "number"),
    "state": Column(Trial.state, "text"),
    "reason": Column(Trial.reason, "text"),
    "objective": Column(Trial.objective, "number"),
    "ci_low": Column(Trial.ci_low, "number"),
    "ci_high": Column(Trial.ci_high, "number"),
    "objectives": Column(Trial.objectives, None),
    "n_frames": Column(_N_FRAMES, "number"),
    "proposed_at": Column(Trial.proposed_at, "time"),
    "finished_at": Column(Trial.finished_at, "time"),
    "device_s": Column(Trial.device_s, "number"),
    "total_s": Column(Trial.total_s, "number"),
    "requested": Column(Trial.requested, None),
    "settings": Column(Trial.settings, None),
    "tags": Column(Trial.tags, "tags"),
}

# Of the session's own estimate, which is the oldest.
_DOSE_MJ = (
    select(Estimate.details["dose_mj"].as_float())
    .where(Estimate.trial_id == Trial.id)
    .order_by(Estimate.created_at)
    .limit(1)
    .correlate(Trial)
    .scalar_subquery()
)

_FLAGS = (
    select(Estimate.flags)
    .where(Estimate.trial_id == Trial.id)
    .order_by(Estimate.created_at)
    .limit(1)
    .correlate(Trial)
    .scalar_subquery()
)

# What a DataFrame of trials has besides.
FURTHER: Mapping[str, Column] = {
    "kind": Column(Trial.kind, "text"),
    "note": Column(Trial.note, "text"),
    "retry_of": Column(Trial.retry_of, "number"),
    "constraints": Column(Trial.constraints, None),
    "controller": Column(Trial.controller, "text"),
    "dose_mj": Column(_DOSE_MJ, "number"),
    "flags": Column(_FLAGS, "tags"),
}

TRIALS: Mapping[str, Column] = {**SUMMARY, **FURTHER}


def _of_trials(expression: Any, *conditions: Any) -> Any:
    return (
        select(expression)
        .where(Trial.session_id == Session.id, *conditions)
        .correlate(Session)
        .scalar_subquery()
    )


SESSIONS: Mapping[str, Column] = {
    "session_id": Column(Session.id, "text"),
    "name": Column(Session.name, "text"),
    "rig": Column(Rig.name, "text"),
    "state": Column(Session.state, "text"),
    "reason": Column(Session.reason, "text"),
    "n_trials": Column(Session.n_trials, "number"),
    "n_complete": Column(
        _of_trials(func.count(), Trial.state == TrialState.COMPLETE.value), "number"
    ),
    "best": Column(_of_trials(func.max(Trial.objective)), "number"),
    "objectives": Column(Session.objectives, None),
    "estimator": Column(Session.estimator, "text"),
    "calibration_id": Column(Session.calibration_id, "text"),
    "seed": Column(Session.seed, "number"),
    "created_at": Column(Session.created_at, "time"),
    "finished_at": Column(Session.finished_at, "time"),
    "tags": Column(Session.tags, "tags"),
    "note": Column(Session.note, "text"),
}
# People write `tag`; the column is `tags`.
ALSO_CALLED = {"tag": "tags", "session": "session_id"}
