"""Whole sessions on the simulated microscope, and everything that can go wrong around them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import pytest

import hil
from hil.errors import HilError, InputError
from hil.records.session import Snapshot
from hil.records.trial import TrialState
from hil.rig import driver_kinds
from hil.session.controller import field_order
from hil.supervision.stop import StopSwitch
from tests.hil.small_session import RIG, SESSION


class Bench:
    """A folder with the two files, and the database that sessions leave there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
        self.write(RIG, SESSION)

    def write(self, rig: str, session: str) -> None:
        (self.folder / "rig.toml").write_text(rig, encoding="utf-8")
        (self.folder / "session.toml").write_text(session, encoding="utf-8")

    def run(self, **options: Any) -> hil.SessionResult:
        return hil.run_session(self.folder / "session.toml", self.url, **options)

    def resume(self, **options: Any) -> hil.SessionResult:
        return hil.resume_session("last", self.url, **options)

    def database(self) -> hil.Database:
        return hil.open_database(self.url)

    def states(self) -> list[str]:
        with self.database() as database:
            return [str(row.state) for row in database.rows("last")]

    def events(self) -> list[str]:
        with self.database() as database:
            return list(database.events("last")["kind"])


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_the_rig_records_stands_with_every_trial(bench: Bench) -> None:
    bench.write(RIG.replace("\n[[driver]]", '\nrecord = ["light.power_mw"]\n\n[[driver]]'), SESSION)
    bench.run(trials=2)
    with bench.database() as database:
        trials = database.trials("last", where=["light.power_mw > 0.5"])
    assert list(trials["light.power_mw"]) == [1.0, 1.0]


def test_a_session_runs_records_and_parks(bench: Bench) -> None:
    result = bench.run(tags=["night"], note="first light")
    assert (result.state, result.n_trials, result.n_complete) == ("COMPLETE", 6, 6)
    assert result.best is not None
    with bench.database() as database:
        trials = database.trials("last", sort="number")
        assert list(trials["state"]) == ["COMPLETE"] * 6
        assert trials["objective"].max() == pytest.approx(result.best.objective)
        assert list(trials["n_frames"]) == [8] * 6
        assert (trials["mirror.z5_nm"].iloc[0], trials["focus.z_um"].iloc[0]) == (0.0, 0.0)
        assert database.frames("last", 0).shape == (4, 2, 64, 64)
        assert database.verify("last") == []
        record = database.session("last")
        assert record.rig_text == RIG
        assert record.session_text == SESSION
        assert (record.tags, record.note) == (("night",), "first light")
        assert record.versions["optuna"].startswith("5")
        assert {"setup", "park"} == set(database.events("last")["kind"])
        assert database.sql("select count(*) as n from lease")["n"][0] == 0


def test_everybody_can_estimate_again_and_gets_the_same_number(bench: Bench) -> None:
    bench.run(trials=1)
    with bench.database() as database:
        frames = database.frames("last", 0)
        stored = database.trials("last")["objective"][0]
    again = hil.estimate_information(frames, hil.noise.CameraNoise(0.5, 100, 1.6, 16), seed=4)
    assert again.bits_per_pixel == pytest.approx(stored, abs=1e-9)


def test_the_same_seed_gives_the_same_session(tmp_path: Path) -> None:
    values = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        bench = Bench(tmp_path / name)
        bench.run(trials=3)
        with bench.database() as database:
            values.append(list(database.trials("last", sort="number")["objective"]))
    assert values[0] == values[1]


def test_fields_are_visited_in_an_order_of_the_trial(bench: Bench) -> None:
    orders = [tuple(field_order(4, number, 6)) for number in range(20)]
    assert all(sorted(order) == list(range(6)) for order in orders)
    assert len(set(orders)) > 10
    assert orders == [tuple(field_order(4, number, 6)) for number in range(20)]


def test_reference_trials_and_fixed_settings(bench: Bench) -> None:
    session = SESSION.replace(
        "[measure]",
        '[fixed]\n"camera.exposure_ms" = 5.0\n\n[reference]\nevery = 2\n'
        'settings = { "mirror.z5_nm" = 30 }\n\n[measure]',
    )
    bench.write(RIG, session)
    bench.run()
    with bench.database() as database:
        rows = database.rows("last")
        trials = database.trials("last", sort="number")
    assert [row.kind for row in rows] == [
        "start",
        "search",
        "reference",
        "search",
        "search",
        "reference",
    ]
    assert trials["mirror.z5_nm"].iloc[2] == 30.0
    assert set(trials["camera.exposure_ms"]) == {5.0}


class End(NamedTuple):
    name: str
    stop: str
    trials: int
    reason: str


ENDS = [
    End("frames", "frames = 24", 3, "exceed 24 frames"),
    End("target", "target = -1.0", 1, "target of -1 was reached"),
    End("time", "wall_s = 0.000001", 0, "the time of 1e-06 s is over"),
]


@pytest.mark.parametrize("case", ENDS, ids=lambda case: case.name)
def test_stop_conditions_are_obeyed_exactly(case: End, bench: Bench) -> None:
    bench.write(RIG, SESSION + f"\n[stop]\n{case.stop}\n")
    result = bench.run()
    assert (result.state, result.n_trials) == ("COMPLETE", case.trials)
    assert case.reason in result.reason


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


def test_more_trials_can_be_asked_for_later(bench: Bench) -> None:
    bench.run(trials=2)
    assert bench.resume(trials=4).n_complete == 4


class Wrong(NamedTuple):
    name: str
    old: str
    new: str
    key: str
    says: str


WRONG = [
    Wrong("no such setting", "mirror.z5_nm", "mirror.z55_nm", "search.0.setting", "'mirror.z5_nm'"),
    Wrong("beyond the device", "high = 100", "high = 400", "search.0.high", "from -300 to 300"),
    Wrong("a grid out of reach", "step_um = 10", "step_um = 1000", "measure.grid", "out of reach"),
    Wrong("no such estimator", "[measure]", "[estimator]\nkind = 'stat'\n[measure]", "estimator.kind", "stationary"),
    Wrong("light unbounded", "focus.z_um", "light.power_mw", "search.1.setting", "more light"),
    Wrong("fixed out of range", "[measure]", "[fixed]\n'light.power_mw' = 99\n[measure]", 'fixed."light.power_mw"', "10"),
]  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_wrong_sessions_write_nothing(case: Wrong, bench: Bench) -> None:
    assert case.old in SESSION
    bench.write(RIG, SESSION.replace(case.old, case.new, 1))
    with pytest.raises(InputError) as caught:
        bench.run()
    assert caught.value.key == case.key
    assert case.says in caught.value.problem
    assert sorted(path.name for path in bench.folder.iterdir()) == ["rig.toml", "session.toml"]


RIG_WRONG = [
    Wrong("no such driver", "sim.microscope", "sim.mikroscope", "driver.0.kind", "'sim.microscope'"),
    Wrong("no such option", "seed = 1", "sed = 1", "driver.0.sed", "unknown key"),
    Wrong("no such camera", 'camera = "camera"', 'camera = "cam"', "camera", "'camera'"),
    Wrong("no such parked setting", "light.power_mw\" = 0", "lamp.power_mw\" = 0", 'park.0.set."lamp.power_mw"', "'light.power_mw'"),
    Wrong("setup out of range", "power_mw\" = 1.0", "power_mw\" = 99.0", "setup", "from 0 to 10"),
]  # fmt: skip


@pytest.mark.parametrize("case", RIG_WRONG, ids=lambda case: case.name)
def test_wrong_rigs_write_nothing(case: Wrong, bench: Bench) -> None:
    assert case.old in RIG
    bench.write(RIG.replace(case.old, case.new, 1), SESSION)
    with pytest.raises(InputError) as caught:
        bench.run()
    assert caught.value.key == case.key
    assert case.says in caught.value.problem
    assert sorted(path.name for path in bench.folder.iterdir()) == ["rig.toml", "session.toml"]


def test_a_rig_has_one_controller(bench: Bench) -> None:
    def try_another(snapshot: Snapshot) -> None:
        if snapshot.number == 1 and snapshot.field == 1:
            child = subprocess.run(
                [sys.executable, "-m", "hil.cli", "run", "session.toml", "--db", bench.url],
                cwd=bench.folder,
                capture_output=True,
                text=True,
                check=False,
            )
            assert child.returncode == 3
            assert str(os.getpid()) in child.stderr
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(observer=try_another)
    with bench.database() as database:
        assert database.session("last").state == "FAILED"
    assert bench.events()[-1] == "park"


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


def test_limits_across_settings_hold_in_every_trial(bench: Bench) -> None:
    rig = RIG.replace(
        "[[park]]",
        '[[limits_together]]\nsettings = ["mirror.z5_nm", "mirror.z6_nm"]\nrule = "sum_abs"\n'
        "high = 60\n\n[[park]]",
    )
    session = SESSION.replace("focus.z_um", "mirror.z6_nm").replace("trials = 6", "trials = 12")
    bench.write(
        rig, session.replace("low = -1\n", "low = -50\n").replace("high = 1\n", "high = 50\n")
    )
    bench.run()
    with bench.database() as database:
        rows = database.rows("last")
    strokes = [sum(abs(float(value)) for value in row.requested.values()) for row in rows]
    assert max(strokes) <= 60 + 1e-6
    assert sum(stroke > 59.9 for stroke in strokes) > 3
    assert all(row.state is TrialState.COMPLETE for row in rows)


def test_exposure_within_its_budget(bench: Bench) -> None:
    session = SESSION.replace("focus.z_um", "camera.exposure_ms").replace("low = -1\n", "low = 1\n")
    session = (
        session.replace("high = 1\n", "high = 100\n") + "\n[constraints]\nmax_exposure_s = 0.16\n"
    )
    bench.write(RIG, session)
    bench.run()
    with bench.database() as database:
        assert database.trials("last")["camera.exposure_ms"].max() <= 20 + 1e-9


def test_dose_counts_the_light_that_the_rig_sets_up(bench: Bench) -> None:
    session = SESSION.replace("focus.z_um", "camera.exposure_ms").replace("low = -1\n", "low = 1\n")
    session = session.replace("high = 1\n", "high = 100\n") + "\n[constraints]\nmax_dose_mj = 0.4\n"
    bench.write(RIG.replace('power_mw" = 1.0', 'power_mw" = 2.5'), session)
    bench.run()
    with bench.database() as database:
        exposures = list(database.trials("last", sort="number")["camera.exposure_ms"])
        excess = [row.constraints["dose_mj"] for row in database.rows("last")]
    assert max(exposures) == pytest.approx(20), "8 frames, 2.5 mW, 0.4 mJ"
    for exposure_ms, above_mj in zip(exposures, excess, strict=True):
        assert above_mj == pytest.approx(8 * exposure_ms / 1000 * 2.5 - 0.4, abs=1e-9)


def test_at_the_end_the_rig_goes_to_the_best_and_parks(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", 'trials = 6\nat_end = "best"'))
    result = bench.run()
    assert bench.events() == ["setup", "move", "park"]
    with bench.database() as database:
        detail = database.events("last")["detail"].iloc[1]
    assert detail["to"] == dict(result.best_settings)


# --- processes that die --------------------------------------------------------------------------


def start(bench: Bench, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hil.cli", *arguments, "--db", bench.url],
        cwd=bench.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def n_complete(bench: Bench) -> int:
    try:
        return bench.states().count("COMPLETE")
    except HilError:
        return 0


def session_state(bench: Bench) -> str:
    with bench.database() as database:
        return str(database.session("last").state)


def test_a_killed_session_is_parked_by_its_guardian_and_resumed(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 30"))
    process = start(bench, "run", "session.toml")
    wait_for(lambda: n_complete(bench) >= 3)
    process.kill()
    process.communicate()
    wait_for(lambda: session_state(bench) == "STALE")
    assert bench.events()[-1] == "guardian_park"
    done = {}
    with bench.database() as database:
        for row in database.rows("last"):
            if row.state is TrialState.COMPLETE:
                done[row.number] = (dict(row.requested), row.objectives)
    result = bench.resume()
    assert result.n_complete == 30
    with bench.database() as database:
        rows = database.rows("last")
        assert database.verify("last") == []
    assert not [row for row in rows if not row.state.ended]
    for number, (requested, objectives) in done.items():
        assert rows[number].requested == requested
        assert rows[number].objectives == objectives
    points = [json.dumps(dict(row.requested)) for row in rows if row.state == "COMPLETE"]
    assert len(set(points)) == 30


def test_a_terminated_session_ends_in_good_order(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 500"))
    process = start(bench, "run", "session.toml")
    wait_for(lambda: n_complete(bench) >= 2)
    if sys.platform == "win32":
        bench.database().request_stop("last", "the test's end")
    else:
        process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130
    with bench.database() as database:
        record = database.session("last")
    assert record.state == "STOPPED"
    assert bench.events()[-1] == "park"
    assert set(bench.states()) <= {"COMPLETE", "ABORTED"}


HANGING = """
import threading
from sim.microscope import KIND as REAL


class Kind:
    def options(self, table, folder):
        return table

    def resources(self, options):
        return ()

    def open(self, options):
        connection = REAL.open(REAL.options(dict(options), None))
        connection.devices["camera"].capture = lambda n, timeout_s: threading.Event().wait()
        return connection


KIND = Kind()
"""

HANG = """
import sys
from pathlib import Path

import hil.rig.driver_kinds
import hil.session.lifecycle
import hil.session.run
import hil.supervision.guardian
import hil.supervision.supervised

sys.path.insert(0, ".")
hil.rig.driver_kinds.BUILT_IN["hanging"] = "hanging_rig:KIND"
hil.session.lifecycle._command_s = lambda setup: 0.2
hil.supervision.supervised._GRACE_S = 0.0
real = hil.supervision.guardian.Orders
hil.supervision.supervised.Orders = lambda **orders: real(**orders, hang_s=1.0)
print("started", flush=True)
hil.session.run.run_session("session.toml", sys.argv[1])
"""


def test_a_hanging_driver_is_ended_by_the_guardian(bench: Bench) -> None:
    (bench.folder / "hanging_rig.py").write_text(HANGING, encoding="utf-8")
    (bench.folder / "hang.py").write_text(textwrap.dedent(HANG), encoding="utf-8")
    bench.write(RIG.replace("sim.microscope", "hanging"), SESSION)
    process = subprocess.Popen(
        [sys.executable, "hang.py", bench.url], cwd=bench.folder, stdout=subprocess.PIPE
    )
    assert process.wait(timeout=60) != 0
    assert process.stdout is not None
    process.stdout.close()
    assert not psutil.pid_exists(process.pid)


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


def test_best_chooses_once_for_all_trials(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("[sampler]", '[estimator]\nkind = "best"\n\n[sampler]'))
    bench.run(trials=2)
    bench.resume(trials=4)
    with bench.database() as database:
        estimates = database.estimates("last")
    chosen = estimates["details"].iloc[0]["chosen"]
    assert list(estimates["estimator"])[1:] == [chosen] * 3


def test_frames_are_the_raw_integers(bench: Bench) -> None:
    bench.run(trials=1)
    with bench.database() as database:
        frames = database.frames("last", 0)
    assert frames.dtype == np.uint16
    assert 90 < np.median(frames) < 400
