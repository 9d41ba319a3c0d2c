"""The database and the frame files: what happened, for ever. The only home of SQLAlchemy.

``Database`` is for reading, ``SqlStore`` for the session that writes; rows never leave, records do.
Session, supervision and the command line come in. May import what is below.

Who reads frame files alone loads no SQLAlchemy, which takes longer than the reading.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hil.store.calibrations import CalibrationRecord, NewCalibration, new_id
    from hil.store.database import (
        Database,
        database_exists,
        frames_folder,
        migrate,
        open_database,
    )
    from hil.store.holder import Holder
    from hil.store.models import random_id
    from hil.store.records import NewSession, SessionRecord
    from hil.store.sql_store import SqlStore

_HOMES = {
    "CalibrationRecord": "hil.store.calibrations",
    "Database": "hil.store.database",
    "Holder": "hil.store.holder",
    "NewCalibration": "hil.store.calibrations",
    "NewSession": "hil.store.records",
    "SessionRecord": "hil.store.records",
    "SqlStore": "hil.store.sql_store",
    "database_exists": "hil.store.database",
    "frames_folder": "hil.store.database",
    "migrate": "hil.store.database",
    "new_id": "hil.store.calibrations",
    "open_database": "hil.store.database",
    "random_id": "hil.store.models",
}

__all__ = [
    "CalibrationRecord",
    "Database",
    "Holder",
    "NewCalibration",
    "NewSession",
    "SessionRecord",
    "SqlStore",
    "database_exists",
    "frames_folder",
    "migrate",
    "new_id",
    "open_database",
    "random_id",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hil.store' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
