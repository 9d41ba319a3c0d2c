from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

import hil
from hil.errors import InputError
from hil.replay.recording import recording_of
from tests.hil.replay.recorded_sessions import copied, session_named


def test_a_recording_has_the_frames_and_the_words_of_the_devices(tmp_path: Path) -> None:
    url = copied(tmp_path)
    session = session_named(url, "regression")
    with hil.open_database(url) as database:
        whole = database.frames(session, 3)
        recording = recording_of(database, session)
        assert np.array_equal(recording.pixels(3, 2), whole[2])
    known = {setting.name: setting for setting in recording.settings}
    assert (known["focus.z_um"].low, known["focus.z_um"].high) == (-20.0, 20.0)
    assert recording.held == {"light.power_mw": 1.0}
    assert recording.present["camera.exposure_ms"] == recording.trials[0].exposure_ms
    assert len(recording.places) == 4


def test_a_session_that_did_not_write_the_words_down_is_replayed_too(tmp_path: Path) -> None:
    url = copied(tmp_path)
    session = session_named(url, "regression")
    change(tmp_path, lambda extra: extra.pop("settings"))
    with hil.open_database(url) as database:
        known = {setting.name: setting for setting in recording_of(database, session).settings}
    assert known["focus.z_um"].kind == "float" and known["focus.z_um"].unit == "um"
    assert known["camera.exposure_ms"].role == "exposure"
    assert known["light.power_mw"].role == "light"


def change(folder: Path, what: object) -> None:
    database = sqlite3.connect(folder / "hil.db")
    with database:
        for key, text in list(database.execute("SELECT id, extra FROM session")):
            extra = json.loads(text)
            what(extra)  # type: ignore[operator]
            database.execute("UPDATE session SET extra = ? WHERE id = ?", (json.dumps(extra), key))
    database.close()


SPOILT = [
    ("UPDATE session SET state = 'RUNNING'", "it still runs"),
    ("UPDATE acquisition SET path = NULL, shape = NULL", "its frames were not kept; .*--on RIG"),
    ("UPDATE acquisition SET shape = '[4, 1, 64, 64]'", "only the first frame of each field"),
    ("DELETE FROM acquisition", "it has no frames"),
]


@pytest.mark.parametrize(("sql", "told"), SPOILT)
def test_what_cannot_be_replayed_says_why(tmp_path: Path, sql: str, told: str) -> None:
    url = copied(tmp_path)
    database = sqlite3.connect(tmp_path / "hil.db")
    with database:
        database.execute(sql)
    database.close()
    with hil.open_database(url) as opened, pytest.raises(InputError, match=told):
        recording_of(opened, session_named(url, "regression"))
