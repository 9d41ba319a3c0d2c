"""Sessions by sampler `model`: its frames come from where they are stored."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hil.cli.runs import summarise
from hil.records.trial import MODEL
from hil.session.result import SessionResult
from tests.hil.session.model.model_session import BLANK, HIDDEN, SEARCHED, SESSION, STATED
from tests.hil.session_bench import Bench


def bench_in(folder: Path) -> Bench:
    bench = Bench(folder)
    (folder / "blank.toml").write_text(BLANK, encoding="utf-8")
    bench.write(STATED, SESSION.replace('"model"\n', '"model"\nmodel = "blank.toml"\n'))
    return bench


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, SessionResult]:
    bench = bench_in(tmp_path_factory.mktemp("ran"))
    return bench, bench.run()


def off_nm(requested: object) -> float:
    assert isinstance(requested, dict)
    found = [float(requested[name]) for name in SEARCHED]
    return float(np.linalg.norm(np.array(found) + np.array(HIDDEN[1:4])))


def test_the_fourth_trial_is_the_correction(
    ran: tuple[Bench, SessionResult], capsys: pytest.CaptureFixture[str]
) -> None:
    bench, result = ran
    with bench.database() as database:
        rows = database.rows("last")
    steps = [row.sampler_attrs.get(MODEL, {}).get("step", "") for row in rows]
    assert steps == ["", "diversity", "diversity", "correction"]
    assert off_nm(rows[3].requested) < 12
    assert min(off_nm(row.requested) for row in rows[:3]) > 40
    assert result.best is not None
    assert result.best.number == 3
    summarise(result)
    assert "sampler   model blank.toml: 3 trials, 1 of them corrections" in capsys.readouterr().out


def test_a_resumed_session_goes_on_as_it_would_have_without_the_models_file(
    ran: tuple[Bench, SessionResult], tmp_path: Path
) -> None:
    bench, _ = ran
    again = bench_in(tmp_path)
    again.run(trials=3)
    (tmp_path / "blank.toml").unlink()
    again.resume(trials=4)
    with bench.database() as one, again.database() as two:
        there, here = one.rows("last"), two.rows("last")
    assert [row.requested for row in here] == [row.requested for row in there]
    assert [row.sampler_attrs for row in here] == [row.sampler_attrs for row in there]


def test_auto_takes_over_where_frames_are_gone(tmp_path: Path) -> None:
    bench = bench_in(tmp_path)
    bench.run(trials=2)
    with bench.database() as database:
        folders = [one.folder for one in database.files_of("last").values()]
    shutil.rmtree(folders[1])
    result = bench.resume(trials=5)
    assert (result.state, result.n_complete) == ("COMPLETE", 5)
    assert "1 trials, 0 of them corrections; auto since trial 2: " in result.sampler
