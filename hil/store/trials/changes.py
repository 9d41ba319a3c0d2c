"""Changes of a trial's row, and the rows that go with them, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, update

from drivers.types import Value
from hil.errors import StoreError
from hil.locks.progress import Life, ProgressWatch
from hil.records.estimate import Assessment
from hil.records.trial import ENDED, FIELDS, METRIC, OpenTrial, Proposal, TrialKind, TrialState
from hil.store import lease
from hil.store.frames.writer import Sealed
from hil.store.holder import Holder
from hil.store.models import (
    ACQUISITION,
    ESTIMATE,
    SETTING,
    TRIAL,
    LeaseTable,
    SettingTable,
    TrialTable,
    ordered_id,
)
from hil.store.writer import Writer

_ENDED = [state.value for state in ENDED]

# A trial comes to a state from these only.
_BEFORE: Mapping[TrialState, tuple[TrialState, ...]] = {
    TrialState.CAPTURED: (TrialState.PROPOSED, TrialState.APPLIED),
    TrialState.COMPLETE: (TrialState.CAPTURED, TrialState.ESTIMATED),
}
_OPEN = tuple(state for state in TrialState if not state.ended)
_WHOSE = (TrialTable.host, TrialTable.pid, TrialTable.process_created, TrialTable.token)

# Built once: SQLAlchemy needs longer to build a statement than SQLite to carry it out.
_THIS: BindParameter[str] = bindparam("this_trial")
_NEW_TRIAL, _NEW_SETTING = insert(TRIAL), insert(SETTING)
_NEW_ACQUISITION, _NEW_ESTIMATE = insert(ACQUISITION), insert(ESTIMATE)
_PROPOSED_AT = select(TrialTable.proposed_at).where(TrialTable.id == _THIS)
_MOVE = update(TRIAL).where(
    TRIAL.c.id == _THIS, TRIAL.c.state.in_(bindparam("from_states", expanding=True))
)
_N_SETTINGS = select(func.count()).select_from(SettingTable).where(SettingTable.trial_id == _THIS)


class HasEnded(StoreError):
    """The trial has ended, and so never changes again."""


def add_proposed(
    connection: Connection,
    trial: OpenTrial,
    session_id: str,
    proposal: Proposal,
    writer: Writer,
    now: datetime,
) -> None:
    """Insert the row of a trial in state PROPOSED."""
    holder = writer.holder
    connection.execute(
        _NEW_TRIAL,
        {
            "id": trial.trial_id,
            "session_id": session_id,
            "number": trial.number,
            "kind": proposal.kind,
            "state": TrialState.PROPOSED.value,
            "reason": "",
            "requested": dict(proposal.requested),
            "distributions": dict(proposal.distributions),
            "sampler_attrs": dict(proposal.sampler_attrs),
            "intermediate": {},
            "constraints": {},
            "retry_of": proposal.retry_of,
            "proposed_at": now,
            "tags": [],
            "note": "",
            "controller": writer.name,
            "host": holder.host,
            "pid": holder.pid,
            "process_created": holder.process_created,
            "token": holder.token,
        },
    )


def find_open(connection: Connection, key: str) -> OpenTrial | None:
    """Give a trial by its key; None if its row was never committed."""
    query = select(
        TrialTable.number, TrialTable.kind, TrialTable.requested, TrialTable.sampler_attrs
    ).where(TrialTable.id == key)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return _open_trial(key, row)


def _open_trial(key: str, row: Any) -> OpenTrial:
    fields = tuple(row.sampler_attrs.get(FIELDS, ()))
    return OpenTrial(key, row.number, cast(TrialKind, row.kind), row.requested, fields)


def move(
    connection: Connection,
    trial: OpenTrial,
    state: TrialState,
    values: Mapping[str, Any],
    *,
    repeated: bool,
) -> bool:
    """Set a trial's state and columns.

    Parameters
    ----------
    repeated
        This may have been done before, by a transaction whose answer was lost.

    Returns
    -------
    bool
        False if it had been done before.

    Raises
    ------
    HasEnded
        The trial has ended.
    StoreError
        There is no way from its present state to ``state``.
    """
    before = [item.value for item in _BEFORE.get(state, _OPEN)]
    changes: dict[str, Any] = {"state": state.value, **values}
    if state.ended:
        query = connection.execute(_PROPOSED_AT, {"this_trial": trial.trial_id})
        if (proposed_at := query.scalar()) is not None:
            whole_s = max(0.0, (values["finished_at"] - proposed_at).total_seconds())
            changes.setdefault("total_s", whole_s)
        # Whose it was stays in `controller`; that a process has it in work is no longer true.
        changes |= {"host": None, "pid": None}
    which = {"this_trial": trial.trial_id, "from_states": before}
    done = connection.execute(_MOVE, {**changes, **which})
    if done.rowcount == 1:
        return True
    now = connection.execute(
        select(TrialTable.state).where(TrialTable.id == trial.trial_id)
    ).scalar()
    if repeated and now == state.value:
        return False
    if now in _ENDED:
        raise HasEnded(f"trial {trial.number} has ended as {now}, it cannot become {state}")
    raise StoreError(f"trial {trial.number} is {now or 'unknown'}, it cannot become {state}")


def tag(connection: Connection, session_id: str, numbers: Sequence[int], word: str) -> None:
    """Add a tag to trials of a session that do not have it."""
    for number in numbers:
        this = (TrialTable.session_id == session_id, TrialTable.number == number)
        present = connection.execute(select(TrialTable.tags).where(*this)).scalar_one()
        if word not in present:
            connection.execute(update(TrialTable).where(*this).values(tags=[*present, word]))


def add_settings(connection: Connection, trial: OpenTrial, read_back: Mapping[str, Value]) -> None:
    """Insert one row a setting, requested or read back; once a trial."""
    if connection.execute(_N_SETTINGS, {"this_trial": trial.trial_id}).scalar_one():
        return
    rows = []
    for name in dict.fromkeys((*trial.requested, *read_back)):
        requested_num, requested_text = _columns(trial.requested.get(name))
        value_num, value_text = _columns(read_back.get(name))
        rows.append(
            {
                "trial_id": trial.trial_id,
                "name": name,
                "requested_num": requested_num,
                "requested_text": requested_text,
                "value_num": value_num,
                "value_text": value_text,
            }
        )
    if rows:
        connection.execute(_NEW_SETTING, rows)


def _columns(value: Value | None) -> tuple[float | None, str | None]:
    if value is None or isinstance(value, str):
        return None, value
    return float(value), None


def add_acquisition(connection: Connection, trial: OpenTrial, sealed: Sealed) -> None:
    """Insert what lies on the disk for a trial."""
    connection.execute(
        _NEW_ACQUISITION,
        {
            "id": ordered_id(),
            "trial_id": trial.trial_id,
            "path": sealed.path,
            "shape": None if sealed.shape is None else list(sealed.shape),
            "dtype": sealed.dtype,
            "n_frames": sealed.n_frames,
            "fields": list(sealed.fields),
            "checksums": list(sealed.checksums),
            "exposure_ms": sealed.exposure_ms,
            "saturation_adu": sealed.saturation_adu,
        },
    )


def add_estimate(
    connection: Connection, trial: OpenTrial, assessment: Assessment, at: datetime
) -> None:
    """Insert an estimate of a trial."""
    estimate = assessment.estimate
    connection.execute(
        _NEW_ESTIMATE,
        {
            "id": ordered_id(),
            "trial_id": trial.trial_id,
            "created_at": at,
            "estimator": estimate.estimator,
            "bits_per_pixel": estimate.bits_per_pixel,
            "ci_low": estimate.ci_low,
            "ci_high": estimate.ci_high,
            "h_y_nats": estimate.h_y_nats,
            "h_y_given_x_nats": estimate.h_y_given_x_nats,
            "n_patches": estimate.n_patches,
            "n_units": estimate.n_units,
            "seconds": estimate.seconds,
            "flags": list(estimate.flags),
            "per_field_bits": estimate.details.get("per_field_bits"),
            "details": dict(estimate.details),
        },
    )
    if metrics := estimate.details.get("metrics"):
        _add_metrics(connection, trial, metrics)


def _add_metrics(connection: Connection, trial: OpenTrial, metrics: Mapping[str, float]) -> None:
    """Insert a row a metric beside the settings, where they are found as fast; once a trial."""
    present = select(SettingTable.name).where(SettingTable.trial_id == trial.trial_id)
    taken = set(connection.execute(present).scalars())
    none = {"requested_num": None, "requested_text": None, "value_text": None}
    rows = [
        {"trial_id": trial.trial_id, "name": f"{METRIC}{name}", "value_num": value, **none}
        for name, value in metrics.items()
        if f"{METRIC}{name}" not in taken
    ]
    if rows:
        connection.execute(_NEW_SETTING, rows)


def open_trials(
    connection: Connection, session_id: str, watch: ProgressWatch, now_s: float
) -> list[tuple[OpenTrial, TrialState, bool]]:
    """List trials that have not ended: trial, state, whether its controller is alive.

    One that cannot be judged yet counts as alive; see `hil.store.lease.acquire` for the rest.
    """
    query = (
        select(
            TrialTable.id,
            TrialTable.number,
            TrialTable.kind,
            TrialTable.requested,
            TrialTable.sampler_attrs,
            TrialTable.state,
            *_WHOSE,
        )
        .where(TrialTable.session_id == session_id, TrialTable.state.not_in(_ENDED))
        .order_by(TrialTable.number)
    )
    found = []
    for row in connection.execute(query):
        trial = _open_trial(row.id, row)
        alive = _alive(connection, row, watch, now_s)
        found.append((trial, TrialState(row.state), alive))
    return found


def take_over(
    connection: Connection,
    trial: OpenTrial,
    holder: Holder,
    controller: str,
    watch: ProgressWatch,
    now_s: float,
) -> None:
    """Make a CAPTURED trial that of another process. Runs in the session's critical section.

    Raises
    ------
    StoreError
        It is in another state, or a live process has it in work.
    """
    row = connection.execute(
        select(TrialTable.state, *_WHOSE).where(TrialTable.id == trial.trial_id)
    ).one()
    if row.state != TrialState.CAPTURED:
        raise StoreError(f"trial {trial.number} is {row.state}, only CAPTURED ones can be taken up")
    mine = (row.host, row.pid, row.token) == (holder.host, holder.pid, holder.token)
    if not mine and _alive(connection, row, watch, now_s):
        raise StoreError(f"trial {trial.number} is in work on {row.host} (process {row.pid})")
    connection.execute(
        update(TrialTable)
        .where(TrialTable.id == trial.trial_id)
        .values(
            controller=controller,
            host=holder.host,
            pid=holder.pid,
            process_created=holder.process_created,
            token=holder.token,
        )
    )


def _alive(connection: Connection, row: Any, watch: ProgressWatch, now_s: float) -> bool:
    if row.host is None or row.pid is None:
        return False
    holder = Holder(row.host, row.pid, row.process_created or 0.0, token=row.token or "")
    life = holder.life()
    if life is Life.UNKNOWN:
        beats = connection.execute(
            select(func.max(LeaseTable.beats)).where(
                LeaseTable.host == holder.host,
                LeaseTable.pid == holder.pid,
                LeaseTable.token == holder.token,
            )
        ).scalar()
        if beats is None:  # who works on a trial holds a rig
            return False
        life = lease.life_of(holder, beats, watch, now_s)
    return life is not Life.DEAD
