from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hil
from hil.errors import InputError
from hil.replay.what_if.what_if import what_if
from tests.hil.replay.recorded_sessions import copied, session_named
from tests.hil.replay.test_from_frames import execute


@pytest.fixture
def url(tmp_path: Path) -> str:
    return copied(tmp_path)


def test_other_searches_run_on_what_was_recorded_and_nothing_is_written(url: str) -> None:
    session = session_named(url, "regression")
    told: list[object] = []
    with hil.open_database(url) as database:
        found = what_if(
            database,
            session,
            ["sampler=random,qmc"],
            seeds=3,
            trials=5,
            began=told.append,
        )
        assert len(database.sessions()) == 2
    assert told == [found.left_out], "the model's error is told before any search"
    assert [one.name for one in found.outcomes] == ["sampler=random", "sampler=qmc"]
    assert found.n_trials == 6
    for one in (found.recorded, *found.outcomes):
        assert len(one.curves) == 3
        assert (np.diff(one.band.frames) == 8).all(), "4 fields of view with 2 repeats"
        assert (one.band.low <= one.band.median).all() and (one.band.median <= one.band.high).all()
    assert found.outcomes[0].band.frames[-1] == 40
    assert found.recorded.band.frames[-1] == 48


REFUSED = [
    ("UPDATE session SET state = 'RUNNING'", "it still runs"),
    ("UPDATE trial SET state = 'FAILED' WHERE number > 1", "fewer than three trials"),
    ("UPDATE trial SET state = 'FAILED' WHERE number > 2", "3 trials for 2 settings"),
    ("UPDATE trial SET objective = 1.0 + (number % 2) * 0.01, objectives = "
     "json_object('bits_per_pixel', 1.0 + (number % 2) * 0.01)", "hardly better than by their mean"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "told"), REFUSED)
def test_a_session_that_cannot_support_the_question_is_refused(
    url: str, sql: str, told: str
) -> None:
    session = session_named(url, "regression")
    execute(url, sql)
    with hil.open_database(url) as database, pytest.raises(InputError, match=told):
        what_if(database, session, ["sampler=random"], seeds=2)
