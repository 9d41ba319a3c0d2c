"""Calibrations: rows that are written once and never changed; a new calibration is a new row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, insert, select

from hil.errors import InputError
from hil.store.models import CalibrationTable, RigTable, random_id
from hil.store.rig_rows import rig_row

if TYPE_CHECKING:
    import pandas as pd

_WHERE = "CALIBRATION"


@dataclass(frozen=True, slots=True)
class NewCalibration:
    """A calibration as it was made.

    Parameters
    ----------
    rig, rig_text
        The rig's name and its file as it was.
    camera
        Label of the camera.
    noise
        Numbers of the noise model, with their uncertainties.
    detail
        All else, plain JSON: fit, what it is tied to, recipe, maps with their checksums, versions.
    note
        A person's words.
    at
        UTC, with time zone.
    id
        Its key.
    """

    rig: str
    rig_text: str
    camera: str
    noise: Mapping[str, Any]
    detail: Mapping[str, Any]
    note: str
    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """A stored calibration; see `NewCalibration`."""

    id: str
    rig: str
    camera: str
    created_at: datetime
    noise: Mapping[str, Any]
    detail: Mapping[str, Any]
    note: str


def new_id() -> str:
    """Make the key of a calibration: its maps are written under it before its row."""
    return random_id()


def add(connection: Connection, new: NewCalibration) -> None:
    """Insert a calibration, and its rig file where it is not known."""
    connection.execute(
        insert(CalibrationTable).values(
            id=new.id,
            rig_id=rig_row(connection, new.rig, new.rig_text, new.at),
            created_at=new.at,
            camera=new.camera,
            noise=dict(new.noise),
            detail=dict(new.detail),
            note=new.note,
        )
    )


def find(connection: Connection, ref: str, rig: str | None) -> CalibrationRecord:
    """Look a calibration up.

    Parameters
    ----------
    ref
        An id, a unique beginning of one, or ``"latest"``.
    rig
        For ``"latest"``, of which rig; None for any.

    Raises
    ------
    InputError
        There is none.
    """
    if ref == "latest":
        query = _newest_first()
        if rig is not None:
            query = query.where(RigTable.name == rig)
        row = connection.execute(query.limit(1)).mappings().first()
        if row is None:
            of = f" of rig {rig!r}" if rig is not None else ""
            raise InputError(_WHERE, ref, f"there is no calibration{of}")
        return CalibrationRecord(**row)
    wanted = ref.strip().lower()
    if not re.fullmatch("[0-9a-f]{1,32}", wanted):
        raise InputError(_WHERE, ref, "not a calibration, allowed: an id, its beginning, or latest")
    query = _newest_first().where(CalibrationTable.id.startswith(wanted)).limit(4)
    rows = connection.execute(query).mappings().all()
    if not rows:
        raise InputError(_WHERE, ref, "there is no calibration whose id begins so")
    if len(rows) > 1:
        shown = ", ".join(row["id"][:12] for row in rows[:3])
        raise InputError(_WHERE, ref, f"ambiguous: {shown}{', ...' * (len(rows) > 3)}")
    return CalibrationRecord(**rows[0])


def table(connection: Connection, rig: str | None) -> pd.DataFrame:
    """One row a calibration, newest first; see `Database.calibrations`."""
    import pandas as pd

    query = _newest_first()
    if rig is not None:
        query = query.where(RigTable.name == rig)
    rows = [
        {
            "calibration_id": row["id"],
            "rig": row["rig"],
            "camera": row["camera"],
            "created_at": row["created_at"],
            **{name: row["noise"].get(name) for name in NUMBERS},
            "maps": bool(row["detail"].get("maps")),
            "tied": row["detail"].get("tie", {}).get("settings", {}),
            "note": row["note"],
        }
        for row in connection.execute(query).mappings()
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True)
    return frame


def ties(connection: Connection, rig: str) -> list[tuple[str, dict[str, Any]]]:
    """Id and tie of each calibration of a rig, newest first; see `Database.calibration_ties`."""
    query = (
        select(CalibrationTable.id, CalibrationTable.detail["tie"])
        .join(RigTable, RigTable.id == CalibrationTable.rig_id)
        .where(RigTable.name == rig)
        .order_by(CalibrationTable.created_at.desc(), CalibrationTable.id)
    )
    return [(key, tie or {}) for key, tie in connection.execute(query)]


NUMBERS = (
    "gain_e_per_adu",
    "gain_sd",
    "offset_adu",
    "offset_sd",
    "read_noise_e",
    "read_noise_sd",
    "bit_depth",
    "noise_variance_relative_sd",
)
COLUMNS = ["calibration_id", "rig", "camera", "created_at", *NUMBERS, "maps", "tied", "note"]


def _newest_first() -> Select[Any]:
    return (
        select(
            CalibrationTable.id,
            RigTable.name.label("rig"),
            CalibrationTable.camera,
            CalibrationTable.created_at,
            CalibrationTable.noise,
            CalibrationTable.detail,
            CalibrationTable.note,
        )
        .join(RigTable, RigTable.id == CalibrationTable.rig_id)
        .order_by(CalibrationTable.created_at.desc(), CalibrationTable.id)
    )
