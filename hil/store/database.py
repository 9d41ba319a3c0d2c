"""An open database: questions, records, and the stores that controllers write through."""

from __future__ import annotations

from hil.store.calibration_archive import CalibrationArchive
from hil.store.driving import Driving
from hil.store.entering import Entering
from hil.store.upkeep.upkeep import Upkeep


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
