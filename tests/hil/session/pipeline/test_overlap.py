"""Sessions that measure a trial while the one before is estimated: what must hold all the same."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hil.errors import RigHeld, StoreError
from hil.proposer import OptunaProposer
from hil.records.request import Wish, ask
from hil.records.session import Snapshot
from hil.records.trial import TrialRow
from hil.rig.capture import Capture
from hil.session.assess import SessionAssessor
from hil.session.control.enqueue import ENQUEUED
from hil.session.pipeline.ahead import AHEAD
from hil.supervision.stop import StopSwitch
from tests.hil.session.test_driver_faults import faulty_rig
from tests.hil.session.test_taken_rig import steal
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

AHEAD_SESSION = SESSION.replace("repeats = 2", "repeats = 1\npipeline = true")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.write(RIG, AHEAD_SESSION)
    return made


def rows_of(bench: Bench) -> Sequence[TrialRow]:
    with bench.database() as database:
        return database.rows("last")


def told(bench: Bench) -> list[tuple[Any, ...]]:
    return [(row.requested, row.objectives, row.constraints) for row in rows_of(bench)]


class Estimates:
    """Stands around the assessor: says when, and may hold up or fail one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began: list[float] = []
        self.ended: list[float] = []
        self.before: Callable[[int], None] = lambda number: None
        real = SessionAssessor.assess

        def assess(assessor: SessionAssessor, *arguments: Any) -> Any:
            self.began.append(time.monotonic())
            self.before(len(self.began) - 1)
            try:
                return real(assessor, *arguments)
            finally:
                self.ended.append(time.monotonic())

        monkeypatch.setattr(SessionAssessor, "assess", assess)


@pytest.fixture
def estimates(monkeypatch: pytest.MonkeyPatch) -> Estimates:
    return Estimates(monkeypatch)


def test_a_trial_is_measured_while_the_one_before_is_estimated(
    bench: Bench, estimates: Estimates
) -> None:
    captured, seen = threading.Event(), []

    def look(snapshot: Snapshot) -> None:
        seen.append((snapshot.number, str(snapshot.state)))
        if seen[-1] == (2, "CAPTURED"):
            captured.set()

    def wait(number: int) -> None:
        if number == 1:
            assert captured.wait(30), "trial 2 is not measured before trial 1 is estimated"

    estimates.before = wait
    result = bench.run(observer=look)
    assert (result.state, bench.states()) == ("COMPLETE", ["COMPLETE"] * 6)
    assert seen.index((2, "CAPTURED")) < seen.index((1, "COMPLETE"))
    ends = [number for number, state in seen if state == "COMPLETE"]
    assert ends == sorted(ends), "trials end in their order"


def test_the_same_seed_gives_the_same_session_however_slow_its_parts(
    bench: Bench, estimates: Estimates, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = AHEAD_SESSION.replace('"random"', '"tpe"\nstartup_trials = 2')
    bench.write(RIG, session.replace("trials = 6", "trials = 8"))
    asked: list[int] = []
    real = OptunaProposer.propose

    def propose(proposer: OptunaProposer, rows: Any, attrs: Any, number: int) -> Any:
        asked.append(number)
        return real(proposer, rows, attrs, number)

    monkeypatch.setattr(OptunaProposer, "propose", propose)
    bench.run()
    quick = told(bench)
    assert asked == list(range(8)) or asked == [*range(8), 8], "each was thought of once"
    estimates.before = lambda number: time.sleep(0.15)
    bench.run()
    assert told(bench) == quick
    estimates.before = lambda number: None
    real_capture = _slow_frames(monkeypatch)
    bench.run()
    assert real_capture
    assert told(bench) == quick


def _slow_frames(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    real, taken = Capture.field, []

    def field(capture: Capture, index: int) -> Any:
        taken.append(index)
        time.sleep(0.03)
        return real(capture, index)

    monkeypatch.setattr(Capture, "field", field)
    return taken


def test_what_is_resumed_goes_on_as_it_would_have(bench: Bench, estimates: Estimates) -> None:
    """Cut off after any trial: proposals are those of a session that was never interrupted."""
    session = AHEAD_SESSION.replace('"random"', '"tpe"\nstartup_trials = 2')
    bench.write(RIG, session)
    bench.run()
    whole = [row.requested for row in rows_of(bench)]
    bench.run(trials=3)
    bench.resume(trials=6)
    assert [row.requested for row in rows_of(bench)] == whole
    assert all(row.sampler_attrs.get(AHEAD) for row in rows_of(bench))


def test_an_estimate_that_fails_fails_its_own_trial(bench: Bench, estimates: Estimates) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise StoreError("no estimate")

    estimates.before = fail
    assert bench.run().state == "COMPLETE"
    assert bench.states() == ["COMPLETE", "COMPLETE", "FAILED", *["COMPLETE"] * 3]
    kinds, details = bench.details()
    assert details[kinds.index("dose")]["trial"] == 2


def test_a_defect_in_an_estimate_ends_the_session_parked(
    bench: Bench, estimates: Estimates
) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise ZeroDivisionError("a defect")

    estimates.before = fail
    with pytest.raises(ZeroDivisionError):
        bench.run()
    assert bench.states() == ["COMPLETE", "COMPLETE", "FAILED", "FAILED"]
    assert bench.events()[-1] == "park"


def test_a_fault_of_a_device_leaves_the_estimate_beside_alone(bench: Bench) -> None:
    fault = 'fault = "device_fault"\ndevice = "camera"\ncall = "capture"\nat = [9]'
    bench.write(faulty_rig(fault), AHEAD_SESSION)
    assert bench.run().state == "COMPLETE"
    assert bench.states() == ["COMPLETE", "COMPLETE", "FAILED", *["COMPLETE"] * 3]


def test_three_faults_in_a_row_end_it_and_all_trials_have_ended(bench: Bench) -> None:
    calls = list(range(9, 40))
    fault = f'fault = "device_fault"\ndevice = "camera"\ncall = "capture"\nat = {calls}'
    bench.write(faulty_rig(fault), AHEAD_SESSION)
    result = bench.run()
    assert result.state == "FAILED"
    assert bench.states() == ["COMPLETE", "COMPLETE", *["FAILED"] * 3]
    assert bench.events()[-1] == "park"


def test_a_stop_lets_the_estimate_beside_end_and_aborts_what_is_measured(
    bench: Bench, estimates: Estimates
) -> None:
    stop = StopSwitch()

    def press(snapshot: Snapshot) -> None:
        if snapshot.number == 3 and snapshot.field == 2:
            stop.press("enough")

    estimates.before = lambda number: time.sleep(0.2)
    result = bench.run(stop=stop, observer=press)
    assert (result.state, result.reason) == ("STOPPED", "enough")
    assert bench.states() == [*["COMPLETE"] * 3, "ABORTED"]
    assert bench.resume().state == "COMPLETE"
    assert bench.states() == [*["COMPLETE"] * 3, "ABORTED", *["COMPLETE"] * 3]


@pytest.mark.parametrize("last", ["PROPOSED", "CAPTURED"])
def test_what_a_process_left_that_died_is_finished_once(bench: Bench, last: str) -> None:
    """It was estimating trial 2, and measuring trial 3 or done with that."""
    bench.run(trials=4)
    before = told(bench)
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db")) as connection, connection:
        for number, state in ((2, "CAPTURED"), (3, last)):
            trial = f"(SELECT id FROM trial WHERE number = {number})"
            connection.execute(f"DELETE FROM estimate WHERE trial_id = {trial}")
            connection.execute(
                f"UPDATE trial SET state = '{state}', objective = NULL, objectives = NULL,"
                f" constraints = '{{}}' WHERE number = {number}"
            )
        connection.execute("UPDATE session SET state = 'STALE'")
    result = bench.resume(trials=6)
    assert result.state == "COMPLETE", result.reason
    if last == "PROPOSED":
        assert bench.states() == [*["COMPLETE"] * 3, "STALE", *["COMPLETE"] * 3]
        assert told(bench)[:3] == before[:3]
    else:
        assert bench.states() == ["COMPLETE"] * 6
        assert told(bench)[:4] == before


def test_a_pause_waits_until_the_estimate_beside_is_written(
    bench: Bench, estimates: Estimates
) -> None:
    asked, paused = [], []

    def look(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.field == 4 and not asked:
            asked.append(True)
            with bench.database() as database:
                database.request("last", ask(Wish.PAUSE, "a look"), datetime.now(UTC))
            time.sleep(1.2)  # the controller looks once a second
        if snapshot.note.startswith("PAUSED") and not paused:
            paused.extend(bench.states())
            with bench.database() as database:
                database.request("last", ask(Wish.CONTINUE, ""), datetime.now(UTC))

    assert bench.run(observer=look).state == "COMPLETE"
    assert bench.states() == ["COMPLETE"] * 6
    assert paused
    assert set(paused) <= {"COMPLETE", "PROPOSED"}, "none waits for its estimate in a pause"


def test_a_rig_that_is_taken_ends_it_at_once(bench: Bench) -> None:
    def taken(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.field == 2:
            steal(bench)

    with pytest.raises(RigHeld):
        bench.run(observer=taken)
    states = bench.states()
    assert states[0] == "COMPLETE"
    assert not {"PROPOSED", "APPLIED"} & set(states)


@pytest.mark.parametrize(
    ("stop", "n_trials"),
    [("frames = 12", 3), ("frames = 15", 3), ("dose_mj = 0.121", 3), ("target = 0.0", 2)],
)
def test_budgets_hold_with_a_trial_in_work(bench: Bench, stop: str, n_trials: int) -> None:
    """A trial takes four frames and 0.04 mJ; a target is known once the next is measured."""
    bench.write(RIG, f"{AHEAD_SESSION}\n[stop]\n{stop}\n")
    assert bench.run().state == "COMPLETE"
    assert bench.states() == ["COMPLETE"] * n_trials


def test_on_a_simulated_rig_it_is_off_unless_asked_for(bench: Bench) -> None:
    bench.write(RIG, SESSION)
    bench.run(trials=5)
    assert not any(AHEAD in row.sampler_attrs for row in rows_of(bench))
    assert "pipelined" not in bench.events()


def test_by_the_clock_it_begins_once_it_pays_and_is_kept(
    bench: Bench, estimates: Estimates, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write(RIG.replace("seed = 1", "seed = 1\nrealtime = true"), SESSION)
    estimates.before = lambda number: time.sleep(0.3)
    _slow_frames(monkeypatch)
    bench.run(trials=7)
    ahead = [AHEAD in row.sampler_attrs for row in rows_of(bench)]
    assert ahead[:4] == [False] * 4
    assert ahead[-1], "four trials were told"
    kinds, details = bench.details()
    assert kinds.count("pipelined") == 1
    assert details[kinds.index("pipelined")]["saved"] >= 0.2
    bench.resume(trials=8)
    assert AHEAD in rows_of(bench)[-1].sampler_attrs


def test_while_an_estimate_is_waited_for_the_sample_is_dark_before_long(
    bench: Bench, estimates: Estimates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next trial's frames are taken already: nothing is left to light it for."""
    monkeypatch.setattr("hil.session.waiting.DARK_AFTER_S", 0.3)
    real, rests = Capture.rest, []

    def rest(capture: Capture) -> None:
        rests.append(len(estimates.ended))
        real(capture)

    monkeypatch.setattr(Capture, "rest", rest)
    estimates.before = lambda number: time.sleep(2.5) if number == 2 else None
    assert bench.run().state == "COMPLETE"
    assert 2 in rests, "trials 0 and 1 had been estimated"
    with bench.database() as database:
        means = [float(database.frames("last", number).mean()) for number in (2, 4, 5)]
    assert min(means) > 102.0, "lit again: the offset is 100"


def test_what_a_person_enqueues_comes_next(bench: Bench) -> None:
    asked: list[bool] = []

    def look(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.field == 1 and not asked:
            asked.append(True)
            wish = ask(Wish.ENQUEUE, "as on Monday", settings={"focus.z_um": 0.25})
            with bench.database() as database:
                database.request("last", wish, datetime.now(UTC))
            time.sleep(1.2)  # the controller looks once a second

    assert bench.run(observer=look).state == "COMPLETE"
    taken = [row for row in rows_of(bench) if ENQUEUED in row.sampler_attrs]
    assert [row.requested["focus.z_um"] for row in taken] == [0.25]
    assert taken[0].number in (3, 4)
    assert bench.states() == ["COMPLETE"] * 6


def test_a_stop_does_not_wait_for_an_estimate_that_never_ends(
    bench: Bench, estimates: Estimates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.session.waiting.STOP_AFTER_S", 0.3)
    stop, go = StopSwitch(), threading.Event()

    def look(snapshot: Snapshot) -> None:
        if (snapshot.number, str(snapshot.state)) == (2, "CAPTURED"):
            stop.press("enough")

    estimates.before = lambda number: go.wait(60) if number == 1 else None
    result = bench.run(stop=stop, observer=look)
    go.set()
    assert (result.state, result.reason) == ("STOPPED", "enough")
    assert bench.states() == ["COMPLETE", "ABORTED", "ABORTED"]
    estimates.before = lambda number: None
    assert bench.resume().state == "COMPLETE"
