"""Every question of docs/queries.md, as command, Python and SQL, on both databases: one answer."""

from __future__ import annotations

import ast
import io
import re
import shlex
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from hil.cli.main import run
from hil.records.estimate import Assessment, Estimate
from hil.records.frames import FieldFrames
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialState
from hil.store import Database, NewSession, SqlStore, open_database

PAGE = Path(__file__).parents[1] / "docs" / "queries.md"


class Question(NamedTuple):
    title: str
    command: str
    python: str
    sql: str


def questions() -> list[Question]:
    text = PAGE.read_text(encoding="utf-8")
    found = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        blocks = dict(re.findall(r"```(\w+)\n(.*?)```", section, flags=re.DOTALL))
        found.append(
            Question(section.splitlines()[0], blocks["sh"], blocks["python"], blocks["sql"])
        )
    return found


# --- a laboratory's database ---------------------------------------------------------------------


class Clock:
    def __init__(self, time: datetime) -> None:
        self.time = time

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def monotonic(self) -> float:
        return self.now().timestamp()


class Laboratory:
    """Writes sessions as controllers would, in an instant."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def session(
        self, name: str, rig: str, began: datetime, state: SessionState, **more: Any
    ) -> str:
        new = NewSession(
            name=name, rig=rig, session_text=f'name = "{name}"\n', rig_text=f'name = "{rig}"\n',
            versions={"hil": "0.1.0"}, seed=1, n_trials=9, objectives=("bits_per_pixel",),
            estimator="stationary", at=began, **more,
        )  # fmt: skip
        key = self.database.create_session(new)
        clock = Clock(began)
        with self.database.store(key, controller=rig, clock=clock) as store:
            store.session_state(SessionState.RUNNING, clock.now(), "")
            self._trials(store, clock, len(name))
            store.event("park", clock.now(), {"reason": "the end"})
            if state is not SessionState.RUNNING:
                store.session_state(state, clock.now(), "as told")
        return key

    def _trials(self, store: SqlStore, clock: Clock, seed: int) -> None:
        rng = np.random.default_rng(seed)
        for i in range(9):
            z5, label = float(rng.uniform(-100, 100)) if i else 5.0, ("FITC", "DAPI")[i % 2]
            kind = "reference" if i % 4 == 3 else "search"
            proposal = Proposal(kind, {"mirror.z5_nm": z5, "Emission.Label": label})
            trial = store.propose(lambda rows, attrs, number, proposal=proposal: proposal)
            if i in (2, 5):
                why = ("Timeout of the stage", "the cable is out")[i == 5]
                store.finish(trial, TrialState.FAILED, clock.now(), why)
                continue
            store.applied(trial, clock.now(), dict(trial.requested))
            frames = rng.integers(0, 99, (1, 4, 4)).astype(np.uint16)
            store.frames(trial, FieldFrames(0, frames, 10.0, 4095, clock.now()))
            clock.time += timedelta(seconds=int(rng.integers(1, 90)))
            store.captured(trial, clock.now(), device_s=0.5)
            bits = 1.5 - abs(z5) / 100 + float(rng.uniform(0, 0.01))
            flags = ("noise_mismatch",) if i == 4 else ()
            told = {"dose_mj": float(rng.uniform(1, 9)), "per_field_bits": [bits]}
            estimate = Estimate(bits, bits - 0.1, bits + 0.1, 3.0, 2.0, "stationary", 9, 1, 0.01, (), told)  # fmt: skip
            estimate = replace(estimate, flags=flags)
            store.estimated(trial, clock.now(), Assessment(estimate, {"bits_per_pixel": bits}, {}))
            store.finish(trial, TrialState.COMPLETE, clock.now())


def fill(database: Database) -> None:
    lab = Laboratory(database)
    spring, summer = datetime(2026, 4, 2, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)
    night = lab.session(
        "sharpen in spring", "demo scope", spring, SessionState.COMPLETE,
        tags=("night",), note="Oil immersion",
    )  # fmt: skip
    lab.session("tiles", "second scope", summer, SessionState.RUNNING)
    autumn = datetime(2026, 10, 9, tzinfo=UTC)
    lab.session("sharpen again", "demo scope", autumn, SessionState.COMPLETE)
    database.tag(night, "keep", number=1)
    database.note("last", "an air bubble", number=3)


# --- three answers -------------------------------------------------------------------------------


def by_command(line: str) -> pd.DataFrame:
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert run([*shlex.split(line)[1:], "--format", "json"]) == 0, line
    return pd.read_json(io.StringIO(printed.getvalue()), dtype=False)


def by_python(code: str, database: Database) -> pd.DataFrame:
    *before, last = ast.parse(code).body
    assert isinstance(last, ast.Expr)
    names: dict[str, Any] = {"database": database}
    exec(compile(ast.Module(before, []), "queries.md", "exec"), names)
    answer = eval(compile(ast.Expression(last.value), "queries.md", "eval"), names)
    assert isinstance(answer, pd.DataFrame)
    return answer


def rows_of(answer: pd.DataFrame) -> list[tuple[str, ...]]:
    keys = ["kind"]
    if "detail" not in answer:  # rows are no events
        keys = ["session_id", "number"] if "number" in answer else ["session_id"]
    return [tuple(map(str, row)) for row in answer[keys].itertuples(index=False)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_each_question_has_one_answer_in_three_languages(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIL_FRAMES", str(tmp_path / "hil-frames"))
    url = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    monkeypatch.setenv("HIL_DATABASE", url)
    asked = questions()
    assert len(asked) == 20
    with open_database(url, create=True) as database:
        fill(database)
        n_trials = len(database.trials())
        for question in asked:
            told = rows_of(by_command(question.command))
            assert 0 < len(told) < n_trials, question.title
            assert rows_of(by_python(question.python, database)) == told, question.title
            assert rows_of(database.sql(question.sql)) == told, question.title
