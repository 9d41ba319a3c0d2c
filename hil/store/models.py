"""The tables, as SQLAlchemy typed models. Rows of these classes do not leave ``hil.store``.

Keys are 32 hexadecimal digits made by the client, so that databases merge and a write that is
repeated after a lost connection is recognised. Times are UTC. ``trial_summary`` is a view, written
in the migrations; `hil.store.asking.summary` holds the same columns for filtered queries.
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    desc,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from hil.records.session import SessionState
from hil.records.trial import TrialState
from hil.store.columns import JsonArray, JsonObject, Real, Utc, Whole, Words


def random_id() -> str:
    """Make a key whose first few digits tell it from others: for what people name by hand."""
    return uuid.uuid4().hex


def ordered_id() -> str:
    """Make a key that sorts by the time it was made: for rows that come by the thousand."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


def _one_of(column: str, words: type[TrialState] | type[SessionState]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: Words,
        int: Whole,
        float: Real,
        datetime: Utc,
        dict[str, Any]: JsonObject,
        list[Any]: JsonArray,
    }


Key = String(32)


class RigTable(Base):
    """A rig file as it once was; an edited file is a new row."""

    __tablename__ = "rig"
    __table_args__ = (UniqueConstraint("name", "sha256"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    text: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class CalibrationTable(Base):
    """A noise model of a rig's camera, measured at a time."""

    __tablename__ = "calibration"
    __table_args__ = (Index(None, "rig_id", "created_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    rig_id: Mapped[str] = mapped_column(ForeignKey("rig.id"))
    created_at: Mapped[datetime]
    camera: Mapped[str]
    noise: Mapped[dict[str, Any]]
    detail: Mapped[dict[str, Any]]
    note: Mapped[str]


class SessionTable(Base):
    """One optimisation on one rig, with all that is needed to say later what it was."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint(_one_of("state", SessionState), name="state"),
        Index(None, "created_at"),
        Index(None, "name"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    rig_id: Mapped[str] = mapped_column(ForeignKey("rig.id"), index=True)
    calibration_id: Mapped[str | None] = mapped_column(ForeignKey("calibration.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str]
    session_text: Mapped[str]
    versions: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(BigInteger)
    n_trials: Mapped[int]
    objectives: Mapped[list[Any]]
    estimator: Mapped[str]
    study_attrs: Mapped[dict[str, Any]]
    extra: Mapped[dict[str, Any]]
    tags: Mapped[list[Any]]
    note: Mapped[str]
    stop_requested: Mapped[str]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class TrialTable(Base):
    """One proposed set of settings, measured. Once it has ended only its tags and note change."""

    __tablename__ = "trial"
    __table_args__ = (
        UniqueConstraint("session_id", "number"),
        CheckConstraint(_one_of("state", TrialState), name="state"),
        Index(None, "objective"),
        Index(None, "session_id", "objective"),
        Index(None, "session_id", "state"),
        Index(None, "session_id", "kind"),
        Index(None, "session_id", "proposed_at", "number"),
        Index(None, "state"),
        Index(None, "proposed_at", "number"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str]
    requested: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any] | None] = mapped_column(JsonObject)
    distributions: Mapped[dict[str, Any]]
    sampler_attrs: Mapped[dict[str, Any]]
    intermediate: Mapped[dict[str, Any]]
    constraints: Mapped[dict[str, Any]]
    objective: Mapped[float | None]
    ci_low: Mapped[float | None]
    ci_high: Mapped[float | None]
    objectives: Mapped[dict[str, Any] | None] = mapped_column(JsonObject)
    retry_of: Mapped[int | None]
    proposed_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    captured_at: Mapped[datetime | None]
    estimated_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    device_s: Mapped[float | None]
    total_s: Mapped[float | None]
    tags: Mapped[list[Any]]
    note: Mapped[str]
    controller: Mapped[str]
    # The process that has the trial in work; None once it has let go of it.
    host: Mapped[str | None]
    pid: Mapped[int | None]
    process_created: Mapped[float | None]
    token: Mapped[str | None] = mapped_column(Key)


# PostgreSQL puts NULL first when it sorts downwards. A plain index serves that order; the order
# that people mean, failed trials last, needs one of its own there. SQLite's plain index serves it.
_downwards: Any = desc(TrialTable.objective).nulls_last()
Index("ix_trial_best", _downwards).ddl_if(dialect="postgresql")
Index("ix_trial_session_best", TrialTable.session_id, _downwards).ddl_if(dialect="postgresql")


class SettingTable(Base):
    """One setting of one trial: what was asked for, and what the device read back.

    Numbers stand in the ``_num`` columns and words in the ``_text`` ones, so that both are indexed.
    """

    __tablename__ = "setting"
    __table_args__ = (
        Index(None, "name", "value_num"),
        Index(None, "name", "value_text"),
        # The primary key is the table: rows of a trial lie together, and once.
        {"sqlite_with_rowid": False},
    )

    trial_id: Mapped[str] = mapped_column(ForeignKey("trial.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    requested_num: Mapped[float | None]
    requested_text: Mapped[str | None]
    value_num: Mapped[float | None]
    value_text: Mapped[str | None]


class AcquisitionTable(Base):
    """The frames of one trial. The pixels lie in a Zarr array, never here.

    ``fields`` are the fields of view that were measured, ascending; ``checksums`` holds for each
    the SHA-256 of its pixels as stored, in C order (of all its pixels where none are stored).
    ``shape`` is that of the pixels kept, None where none are; ``n_frames`` counts those taken.
    """

    __tablename__ = "acquisition"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("trial.id"), unique=True)
    path: Mapped[str | None]
    shape: Mapped[list[Any] | None] = mapped_column(JsonArray)
    dtype: Mapped[str] = mapped_column(String(16))
    n_frames: Mapped[int]
    fields: Mapped[list[Any]]
    checksums: Mapped[list[Any]]
    exposure_ms: Mapped[float]
    saturation_adu: Mapped[int]


class EstimateTable(Base):
    """Information in one trial's frames. A trial may have several, by different estimators."""

    __tablename__ = "estimate"
    __table_args__ = (Index(None, "trial_id", "created_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("trial.id"))
    created_at: Mapped[datetime]
    estimator: Mapped[str]
    bits_per_pixel: Mapped[float | None]
    ci_low: Mapped[float | None]
    ci_high: Mapped[float | None]
    h_y_nats: Mapped[float | None]
    h_y_given_x_nats: Mapped[float | None]
    n_patches: Mapped[int]
    n_units: Mapped[int]
    seconds: Mapped[float | None]
    flags: Mapped[list[Any]]
    per_field_bits: Mapped[list[Any] | None] = mapped_column(JsonArray)
    details: Mapped[dict[str, Any]]


class EventTable(Base):
    """Something that happened to a rig or a session, written before it is done where it moves."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "session_id", "at"), Index(None, "kind", "at"))

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("session.id"))
    trial_id: Mapped[str | None] = mapped_column(ForeignKey("trial.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]


class LeaseTable(Base):
    """Who drives a rig.

    ``token`` is the mark of the process, ``beats`` a counter that it alone raises while it lives:
    by these it is known, and not by the times, which are its own machine's and for people to read.
    """

    __tablename__ = "lease"

    rig: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    process_created: Mapped[float]
    role: Mapped[str] = mapped_column(String(16))
    session_id: Mapped[str | None] = mapped_column(Key)
    acquired_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    token: Mapped[str] = mapped_column(Key, server_default="")
    beats: Mapped[int] = mapped_column(BigInteger, server_default="0")


def table_of(model: type[Base]) -> Table:
    """Give the plain table of a model.

    The loop writes through tables, with values as parameters: the statement is then built once and
    cached, where a statement on the model is built from its values every time (0.5 ms each).
    """
    return cast(Table, model.__table__)


TRIAL = table_of(TrialTable)
SETTING = table_of(SettingTable)
ACQUISITION = table_of(AcquisitionTable)
ESTIMATE = table_of(EstimateTable)
EVENT = table_of(EventTable)
