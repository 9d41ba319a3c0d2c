"""Another database beside the one of the test, with a session of everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hil.records.session import SessionState
from hil.store import Database, NewSession, open_database
from tests.hil.store.conftest import Run, TestClock
from tests.hil.store.new_calibration import new_calibration


@pytest.fixture
def other(sqlite_made: Path, tmp_path: Path) -> Iterator[Database]:
    folder = tmp_path / "other"
    folder.mkdir()
    shutil.copy(sqlite_made, folder / "hil.db")
    with open_database(f"sqlite:///{folder / 'hil.db'}", frames=folder / "frames") as database:
        yield database


@pytest.fixture
def their_session(other: Database, new_session: Callable[..., NewSession], clock: TestClock) -> str:
    """A session that has ended, of two trials with frames, one that failed, and one that waits."""
    calibration = other.add_calibration(new_calibration("ab", clock), {"gain": np.ones((3, 4))})
    key = other.create_session(new_session(calibration_id=calibration.id))
    with other.store(key, controller="scope", clock=clock) as store:
        run = Run(store, clock, n_fields=2)
        run.complete(1.0)
        run.complete(2.0)
        run.failed("late")
        run.captured()
        store.event("park", clock.now(), {"reason": "end"})
        store.session_state(SessionState.STOPPED, clock.now(), "lunch")
    return key
