"""An open database: questions, records, and the stores that controllers write through."""

from __future__ import annotations

from hil.records.html import rows_html
from hil.store.calibration_archive import CalibrationArchive
from hil.store.driving import Driving
from hil.store.entering import Entering
from hil.store.upkeep.upkeep import Upkeep

_SHOWN = 10
_COLUMNS = ("session_id", "name", "rig", "state", "n_complete", "best")


class Database(Upkeep, CalibrationArchive, Entering, Driving):
    """An open database with its frames folder. Made by `hil.open_database`.

    Sessions are named by id, a unique beginning of one, or ``"last"``. Times are UTC. Methods that
    ask return DataFrames; JSON columns hold Python lists and dicts. ``with`` closes it.

    Raises
    ------
    InputError
        From every method: a session, trial, name or condition that there is not.
    StoreError
        From every method: the database or the frame files failed.
    """

    def _repr_html_(self) -> str:
        rows = self.session_rows(limit=_SHOWN)
        columns = [rows.column(name) for name in _COLUMNS]
        lines = [(str(key)[:8], *others) for key, *others in zip(*columns, strict=True)]
        return rows_html(f"newest sessions of {self.url}", _COLUMNS, lines)
