"""Blank fields, drift and leaders measured again, in sessions from end to end."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

import hil
from hil.clock import SystemClock
from hil.errors import InputError
from hil.records.session import Snapshot
from hil.rig.capture import Capture
from hil.spec import load_session_file
from hil.supervision.stop import StopSwitch
from tests.hil.small_session import RIG, SESSION


def url(folder: Path) -> str:
    return f"sqlite:///{(folder / 'hil.db').as_posix()}"


def run(folder: Path, rig: str, session: str, **options: object) -> hil.SessionResult:
    (folder / "rig.toml").write_text(rig, encoding="utf-8")
    (folder / "session.toml").write_text(session, encoding="utf-8")
    return hil.run_session(folder / "session.toml", url(folder), **options)  # type: ignore[arg-type]


def with_blank(blank: str, objective: str = "minus_blank = true") -> str:
    text = SESSION.replace("repeats = 2", f"repeats = 2\nblank = {blank}")
    return f'{text}\n[objective]\nmaximize = "bits_per_pixel"\n{objective}\n'


@pytest.mark.parametrize(
    ("blank", "n_blanks"),
    [
        ('{ set = { "light.power_mw" = 0.0 } }', 4),
        ('{ fields = [{ "light.power_mw" = 0.0 }] }', 1),
    ],
    ids=["set", "fields"],
)
def test_the_information_of_blank_fields_is_taken_off(
    blank: str, n_blanks: int, tmp_path: Path
) -> None:
    result = run(tmp_path, RIG, with_blank(blank), trials=2)
    assert result.n_complete == 2
    with hil.open_database(url(tmp_path)) as database:
        trials = database.trials("last", sort="number")
        estimates = database.estimates("last")
        frames = database.frames("last", 1)
    assert frames.shape == (4 + n_blanks, 2, 64, 64)
    assert list(trials["n_frames"]) == [8 + 2 * n_blanks] * 2
    assert frames[4:].mean() == pytest.approx(100, abs=1), "dark"
    assert frames[:4].mean() > 110, "and lit again for the second trial"
    for trial, estimate in zip(trials.itertuples(), estimates.itertuples(), strict=True):
        found = estimate.details["blank"]
        assert abs(found["bits_per_pixel"]) < 0.05
        less = estimate.bits_per_pixel - found["bits_per_pixel"]
        assert trial.objective == pytest.approx(less)
        assert trial.ci_high - trial.ci_low >= estimate.ci_high - estimate.ci_low


def test_blanks_are_only_recorded_unless_they_are_to_be_taken_off(tmp_path: Path) -> None:
    run(tmp_path, RIG, with_blank('{ set = { "light.power_mw" = 0.0 } }', ""), trials=1)
    with hil.open_database(url(tmp_path)) as database:
        estimate = database.estimates("last").iloc[0]
        assert database.trials("last")["objective"][0] == estimate["bits_per_pixel"]
    assert "blank" in estimate["details"]


def test_a_blank_that_moves_what_is_searched_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"focus\.z_um is also searched"):
        run(tmp_path, RIG, with_blank('{ set = { "focus.z_um" = 5.0 } }'))


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


def test_a_search_over_power_ends_below_saturation(tmp_path: Path) -> None:
    rig = RIG.replace("seed = 1", "seed = 1\nbit_depth = 8\ngain_e_per_adu = 2.0")
    rig = rig.replace("gain_e_per_adu = 0.5\n", "gain_e_per_adu = 2.0\nbit_depth = 8\n")
    session = SESSION.replace("trials = 6", "trials = 24").replace("focus.z_um", "light.power_mw")
    session = session.replace("low = -1\nhigh = 1\n", "low = 0.1\nhigh = 10\nlog = true\n")
    session += "\n[constraints]\nmax_saturated_share = 0.002\n"
    result = run(tmp_path, rig, session)
    assert result.best is not None
    with hil.open_database(url(tmp_path)) as database:
        trials = database.trials("last", sort="number")
        details = list(database.estimates("last")["details"])
    shares = [detail["saturated_share"] for detail in details]
    assert max(shares) > 0.05, "the search does reach saturation"
    assert shares[result.best.number] <= 0.002
    assert trials["light.power_mw"][result.best.number] < trials["light.power_mw"].max()


def test_blank_frames_leave_everything_as_it_was_also_after_a_fault(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        blanks = [{"light.power_mw": 0.0, "stage.x_um": 5.0}]
        capture = Capture(rig.safety, rig.camera, [{}], 1, 10, SystemClock(), blanks=blanks)
        capture.apply({"focus.z_um": 1.0})
        dark = rig.run(lambda: capture.field(1))
        assert rig.read("light.power_mw", "stage.x_um") == {
            "light.power_mw": 0.0,
            "stage.x_um": 5.0,
        }
        # The next trial begins without leave_blanks, as it does when the camera has failed.
        rig.run(lambda: capture.apply({"focus.z_um": 2.0}))
        assert rig.read("light.power_mw", "stage.x_um", "focus.z_um") == {
            "light.power_mw": 1.0,
            "stage.x_um": 0.0,
            "focus.z_um": 2.0,
        }
        assert rig.run(lambda: capture.field(0)).frames.mean() > dark.frames.mean() + 5


def test_the_light_of_a_trial_that_was_stopped_is_written_down(tmp_path: Path) -> None:
    stop = StopSwitch()

    def press(snapshot: Snapshot) -> None:
        if snapshot.number == 1 and snapshot.field == 3:
            stop.press("enough")

    run(tmp_path, RIG, SESSION, stop=stop, observer=press)
    with hil.open_database(url(tmp_path)) as database:
        event = database.events("last").query("kind == 'dose'").iloc[0]
    assert event["number"] == 1
    assert event["detail"] == {"trial": 1, "dose_mj": pytest.approx(3 * 2 * 0.01)}


def test_a_captured_trial_with_blanks_is_finished_from_its_frames(tmp_path: Path) -> None:
    """Its process died before it could estimate: all that the database has are frames and times."""
    session = with_blank('{ set = { "light.power_mw" = 0.0 } }')
    run(tmp_path, RIG, session, trials=2)
    with hil.open_database(url(tmp_path)) as database:
        before = database.trials("last", sort="number")
    with contextlib.closing(sqlite3.connect(tmp_path / "hil.db")) as connection, connection:
        trial = "(SELECT id FROM trial WHERE number = 1)"
        connection.execute(f"DELETE FROM estimate WHERE trial_id = {trial}")
        connection.execute(
            "UPDATE trial SET state = 'CAPTURED', objective = NULL, objectives = NULL WHERE number = 1"
        )
        connection.execute("UPDATE session SET state = 'STALE'")
    assert hil.resume_session("last", url(tmp_path)).n_complete == 2
    with hil.open_database(url(tmp_path)) as database:
        after = database.trials("last", sort="number")
    for column in ("objective", "ci_low", "ci_high", "dose_mj"):
        assert list(after[column]) == pytest.approx(list(before[column]))
