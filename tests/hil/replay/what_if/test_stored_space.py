from __future__ import annotations

from pathlib import Path

import pytest

import hil
from hil.replay.what_if.stored_space import stored_search
from tests.hil.replay.recorded_sessions import copied, session_named
from tests.hil.replay.test_from_frames import execute


@pytest.fixture
def url(tmp_path: Path) -> str:
    return copied(tmp_path)


def test_the_search_is_as_it_was_and_needs_no_frames(url: str) -> None:
    session = session_named(url, "regression")
    execute(url, "UPDATE acquisition SET path = NULL")
    with hil.open_database(url) as database:
        found = stored_search(database, database.session(session))
    assert [axis.setting for axis in found.space.axes] == ["mirror.z5_nm", "focus.z_um"]
    assert len(found.baseline.fields) == 4
    proposed = {"mirror.z5_nm": 40.0, "focus.z_um": 0.5}
    assert found.space.repair(proposed) == proposed


def test_limits_across_settings_hold(url: str) -> None:
    session = session_named(url, "regression")
    rule = """
[[limits_together]]
settings = ["mirror.z5_nm", "mirror.z6_nm"]
rule = "norm"
high = 50
"""
    with hil.open_database(url) as database:
        text = database.session(session).rig_text + rule
    execute(url, f"UPDATE rig SET text = '{text}'")
    with hil.open_database(url) as database:
        found = stored_search(database, database.session(session))
    assert found.space.repair({"mirror.z5_nm": 90.0, "focus.z_um": 0.0})["mirror.z5_nm"] <= 50.001
