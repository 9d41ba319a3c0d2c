"""What a session came to: leaders measured again, and drift."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import hil
from hil.spec import load_session_file
from tests.hil.session_bench import run_files as run
from tests.hil.session_bench import url
from tests.hil.small_session import RIG, SESSION


def test_leaders_are_measured_again_within_the_number_of_trials(tmp_path: Path) -> None:
    session = SESSION.replace("trials = 6", "trials = 9") + "\n[finish]\nremeasure = 2\n"
    result = run(tmp_path, RIG, session)
    assert (result.n_trials, result.n_complete) == (9, 9)
    with hil.open_database(url(tmp_path)) as database:
        rows = database.rows("last")
        values = list(database.trials("last", sort="number")["objective"])
    assert [row.kind for row in rows[-2:]] == ["again", "again"]
    leaders = sorted(range(7), key=lambda number: -values[number])[:2]
    assert [row.retry_of for row in rows[-2:]] == leaders
    assert all(row.requested == rows[row.retry_of or 0].requested for row in rows[-2:])
    assert result.best is not None
    assert (result.best.number in leaders, result.best.n_measured) == (True, 2)
    again = 7 + leaders.index(result.best.number)
    assert result.best.objective == pytest.approx((values[result.best.number] + values[again]) / 2)


@pytest.mark.parametrize(
    ("change", "remeasured"),
    [
        ("", 0),
        ("trials = 50", 3),
        ('trials = 50\n[sampler]\nkind = "grid"', 0),
        ('trials = 50\n[objective]\nmaximize = ["bits_per_pixel", "bits_per_frame"]', 0),
        ("trials = 50\n[finish]\nremeasure = 0", 0),
        ("trials = 7\n[finish]\nremeasure = 5", 5),
    ],
)
def test_how_many_leaders(change: str, remeasured: int, tmp_path: Path) -> None:
    trials, _, tables = change.partition("\n")
    text = SESSION.replace("trials = 6", trials or "trials = 6")
    if "[sampler]" in tables:
        text = text[: text.index("[sampler]")]
    (tmp_path / "rig.toml").write_text(RIG)
    (tmp_path / "session.toml").write_text(f"{text}\n{tables}\n")
    assert load_session_file(tmp_path / "session.toml").spec.remeasured == remeasured


def test_bleaching_is_seen_recorded_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hil.cli.main import main

    # Each trial brings 8 x 10 uJ to four fields that overlap.
    rig = RIG.replace("seed = 1", "seed = 1\nbleaching = true\nbleaching_dose_uj = 1500")
    session = SESSION.replace("trials = 6", "trials = 13") + "\n[reference]\nevery = 3\n"
    result = run(tmp_path, rig, session)
    drift = result.drift
    assert drift is not None
    assert drift.ci_high < 0
    assert drift.n_references == 4, "the start has the reference's settings"
    with hil.open_database(url(tmp_path)) as database:
        assert database.drift("last") == drift
        event = database.events("last").query("kind == 'drift'").iloc[0]
        raw = list(database.trials("last", sort="number")["objective"])
    assert event["detail"] == drift.to_json()
    with pytest.raises(SystemExit):
        main(["trials", "last", "--sort", "number", "--format", "json", "--db", url(tmp_path)])
    shown = json.loads(capsys.readouterr().out)
    gains = np.array([trial["corrected"] for trial in shown]) - np.array(raw)
    assert (gains > 0).all()
    assert gains[-1] > gains[0]
