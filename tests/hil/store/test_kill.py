"""A process killed at any moment leaves a database that is whole."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hil.records.trial import TrialState
from hil.store import Database, open_database

CHILD = """
import sys
from datetime import UTC, datetime
import time
import numpy as np
from hil.ports import Assessment, Estimate, FieldFrames, Proposal, TrialState
from hil.store import open_database

class Clock:
    def now(self): return datetime.now(UTC)
    def monotonic(self): return time.monotonic()

def say(what):
    print(what, flush=True)

url, session_id = sys.argv[1:]
clock = Clock()
with open_database(url) as db, db.store(session_id, controller="child", clock=clock) as store:
    while True:
        trial = store.propose(lambda rows, attrs, n: Proposal("search", {"a.b": float(n)}))
        say("proposed")
        store.applied(trial, clock.now(), trial.requested)
        for field in range(3):
            frames = np.random.default_rng((trial.number, field)).integers(0, 4096, (2, 64, 64))
            taken = FieldFrames(field, frames.astype(np.uint16), 1.0, 4095, clock.now())
            store.frames(trial, taken)
            say("frames")
        store.captured(trial, clock.now(), 0.1)
        say("captured")
        estimate = Estimate(1.0, 0.9, 1.1, 2.0, 1.0, "stationary", 9, 3, 0.1)
        assessment = Assessment(estimate, {"bits_per_pixel": 1.0}, {})
        store.estimated(trial, clock.now(), assessment)
        store.finish(trial, TrialState.COMPLETE, clock.now())
        say(f"complete {trial.number}")
"""


def _run_and_kill(url: str, session_id: str, after: int) -> list[int]:
    """Let a child work until it has said ``after`` words; numbers of trials it saw complete."""
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, url, session_id],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    ) as child:
        assert child.stdout is not None
        said = []
        for line in child.stdout:
            said.append(line.split())
            if len(said) >= after:
                child.kill()
                break
        said += [line.split() for line in child.stdout if line.endswith("\n")]
    return [int(words[1]) for words in said if words[0] == "complete"]


def _finish_what_was_left(db: Database, session_id: str, clock: Any, assessment: Any) -> None:
    with db.store(session_id, controller="resumed", clock=clock, resumed=True) as store:
        for trial, state, alive in store.open_trials():
            assert not alive
            if state is TrialState.CAPTURED:
                assert store.measurement(trial).frames.shape == (3, 2, 64, 64)
                store.estimated(trial, clock.now(), assessment)
                store.finish(trial, TrialState.COMPLETE, clock.now())
            else:
                store.mark_stale(trial, clock.now(), "its process died")


@pytest.mark.parametrize("kind", ["sqlite_url", "postgres_url"])
def test_nothing_complete_is_lost_and_nothing_is_there_twice(
    request: pytest.FixtureRequest,
    kind: str,
    tmp_path: Path,
    new_session: Any,
    clock: Any,
    make_assessment: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = request.getfixturevalue(kind)
    monkeypatch.setenv("HIL_FRAMES", str(tmp_path / "frames"))
    moments = random.Random(kind)
    with open_database(url, create=True) as db:
        session_id = db.create_session(new_session())
    seen: set[int] = set()
    for _ in range(2):
        seen |= set(_run_and_kill(url, session_id, moments.randint(8, 30)))
        with open_database(url) as db:
            rows = db.rows(session_id)
            assert [row.number for row in rows] == list(range(len(rows)))
            complete = {row.number for row in rows if row.state is TrialState.COMPLETE}
            assert seen <= complete
            assert db.verify(session_id) == []
            _finish_what_was_left(db, session_id, clock, make_assessment(1.0))
            states = Counter(row.state for row in db.rows(session_id))
            assert set(states) <= {TrialState.COMPLETE, TrialState.STALE}
            assert len(db.estimates(session_id)) == states[TrialState.COMPLETE]
            seen |= {r.number for r in db.rows(session_id) if r.state is TrialState.COMPLETE}
