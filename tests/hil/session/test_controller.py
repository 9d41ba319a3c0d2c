"""The loop of trials: faults, stops, and trials that others left behind."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import hil
from hil.records.session import Snapshot
from hil.rig import driver_kinds
from hil.supervision.stop import StopSwitch
from tests.hil.session_bench import Bench, url
from tests.hil.session_bench import run_files as run
from tests.hil.small_session import RIG, SESSION


def test_a_stop_aborts_the_trial_parks_and_can_be_resumed(bench: Bench) -> None:
    stop = StopSwitch()

    def press(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.field == 1:
            stop.press("enough")

    result = bench.run(stop=stop, observer=press)
    assert (result.state, result.reason) == ("STOPPED", "enough")
    assert bench.states() == ["COMPLETE", "COMPLETE", "ABORTED"]
    assert bench.events()[-1] == "park"
    resumed = bench.resume()
    assert resumed.session_id == result.session_id
    assert bench.states() == ["COMPLETE", "COMPLETE", "ABORTED", *["COMPLETE"] * 4]
    assert bench.resume().n_trials == 7, "a session that is done stays as it is"


def test_another_process_can_ask_for_a_stop(bench: Bench) -> None:
    def ask(snapshot: Snapshot) -> None:
        if snapshot.number == 1 and snapshot.field == 1:
            with bench.database() as database:
                database.request_stop("last", "the fire alarm")
            time.sleep(1.1)  # the controller looks once a second

    assert bench.run(observer=ask).reason == "the fire alarm"
    assert set(bench.states()) <= {"COMPLETE", "ABORTED"}


def test_any_exception_parks_and_fails_the_trial(bench: Bench) -> None:
    def defect(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.field == 2:
            raise ZeroDivisionError("a defect")

    with pytest.raises(ZeroDivisionError):
        bench.run(observer=defect)
    assert bench.states() == ["COMPLETE", "COMPLETE", "FAILED"]
    assert bench.events()[-1] == "park"
    with bench.database() as database:
        assert "ZeroDivisionError" in database.trials("last", sort="number")["reason"].iloc[2]


FAULTY = """
from drivers.errors import DeviceFault
from sim.microscope import KIND as REAL


class Kind:
    def options(self, table, folder):
        return table

    def resources(self, options):
        return ()

    def open(self, options):
        bad = [tuple(span) for span in options["bad"]]
        rest = {k: v for k, v in options.items() if k != "bad"}
        connection = REAL.open(REAL.options(rest, None))
        camera = connection.devices["camera"]
        real, calls = camera.capture, iter(range(10_000))

        def capture(n, timeout_s):
            call = next(calls)
            if any(low <= call < high for low, high in bad):
                raise DeviceFault("camera", "capture", "the link dropped")
            return real(n, timeout_s)

        camera.capture = capture
        return connection


KIND = Kind()
"""


@pytest.fixture
def faulty(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A microscope whose camera fails at the given captures (4 to a trial)."""
    (bench.folder / "faulty_rig.py").write_text(FAULTY, encoding="utf-8")
    monkeypatch.syspath_prepend(bench.folder)
    monkeypatch.setitem(driver_kinds.BUILT_IN, "faulty", "faulty_rig:KIND")

    def write(bad: str) -> None:
        rig = RIG.replace('"sim.microscope"', f'"faulty"\nbad = {bad}')
        bench.write(rig, SESSION)

    return write


def test_a_fault_fails_its_trial_and_the_session_goes_on(
    bench: Bench, faulty: Callable[[str], None]
) -> None:
    faulty("[[5, 6]]")
    result = bench.run()
    assert result.state == "COMPLETE"
    assert bench.states() == ["COMPLETE", "FAILED", *["COMPLETE"] * 4]
    with bench.database() as database:
        reason = database.trials("last", where=["state = FAILED"])["reason"].iloc[0]
        assert reason == "camera: capture: the link dropped"
        assert len(database.frames("last", 1)) == 1, "what was measured before the fault is kept"


def test_three_faults_in_a_row_end_the_session_and_park(
    bench: Bench, faulty: Callable[[str], None]
) -> None:
    faulty("[[4, 10000]]")
    result = bench.run()
    assert result.state == "FAILED"
    assert "the link dropped" in result.reason
    assert bench.states() == ["COMPLETE", "FAILED", "FAILED", "FAILED"]
    assert bench.events()[-1] == "park"


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


def with_blank(blank: str, objective: str = "minus_blank = true") -> str:
    text = SESSION.replace("repeats = 2", f"repeats = 2\nblank = {blank}")
    return f'{text}\n[objective]\nmaximize = "bits_per_pixel"\n{objective}\n'


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


def test_frames_that_are_saturated_break_the_constraint(bench: Bench) -> None:
    rig = RIG.replace("seed = 1", "seed = 1\nphotons_per_uj = 100000.0\nbit_depth = 12")
    rig = rig.replace("read_noise_e = 1.6", "read_noise_e = 1.6\nbit_depth = 12")
    bench.write(rig, SESSION)
    result = bench.run(trials=2)
    assert result.best is None
    with bench.database() as database:
        constraints = [row.constraints["saturated_share"] for row in database.rows("last")]
        flags = list(database.estimates("last")["flags"])
    assert min(constraints) > 0
    assert all("saturated" in found for found in flags)
    assert "constraint_broken" in bench.events()
