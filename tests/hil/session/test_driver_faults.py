"""What a driver raises, whatever it is, fails one trial and never the night."""

from __future__ import annotations

import pytest

from hil.errors import HilError
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

MICROSCOPE = 'kind = "sim.microscope"\nseed = 1\nheight_px = 64\nwidth_px = 64\nscene_um = 60\n'
AROUND = (
    'around = { kind = "sim.microscope", seed = 1, height_px = 64, width_px = 64, scene_um = 60 }'
)


def faulty_rig(*faults: str, seed: int = 1, rig: str = RIG) -> str:
    """Give the small rig's file with faults, each the body of a table."""
    tables = "".join(f"\n[[driver.fault]]\n{fault}\n" for fault in faults)
    assert MICROSCOPE in rig
    return rig.replace(MICROSCOPE, f'kind = "faulty"\nseed = {seed}\n{AROUND}\n{tables}')


@pytest.mark.parametrize("error", ["os_error", "timeout_error", "runtime_error", "value_error"])
@pytest.mark.parametrize("call", ["capture", "start", "settle", "read"])
def test_an_error_none_of_ours_fails_its_trial_and_the_session_goes_on(
    bench: Bench, error: str, call: str
) -> None:
    where = 'device = "camera"' if call == "capture" else 'device = "mirror"'
    at = 6 if call == "capture" else 3
    bench.write(
        faulty_rig(f'fault = "{error}"\ncall = "{call}"\n{where}\nat = [{at}]'),
        SESSION,
    )
    result = bench.run()
    assert result.state == "COMPLETE"
    assert sorted(bench.states()) == [*["COMPLETE"] * 5, "FAILED"]
    with bench.database() as database:
        reason = database.trials("last", where=["state = FAILED"])["reason"].iloc[0]
    name = {"os_error": "OSError", "timeout_error": "TimeoutError"}
    assert name.get(error, "Error") in reason
    assert reason.startswith(where[len('device = "') : -1])


@pytest.mark.parametrize("fault", ["shape_changes", "frame_missing"])
def test_frames_that_do_not_belong_together_fail_their_trial(bench: Bench, fault: str) -> None:
    bench.write(faulty_rig(f'fault = "{fault}"\nat = [6]'), SESSION)
    assert bench.run().state == "COMPLETE"
    assert bench.states() == ["COMPLETE", "FAILED", *["COMPLETE"] * 4]


def test_a_shape_that_changes_between_fields_fails_its_trial(bench: Bench) -> None:
    bench.write(faulty_rig('fault = "cropped"\nat = [6]'), SESSION)
    assert bench.run().state == "COMPLETE"
    assert bench.states() == ["COMPLETE", "FAILED", *["COMPLETE"] * 4]


@pytest.mark.parametrize(
    "fault",
    [
        'fault = "os_error"\ncall = "open"\nat = [1]',
        'fault = "os_error"\ncall = "read"\nat = [1]',
        'fault = "runtime_error"\ncall = "start"\ndevice = "light"\nat = [1]',
    ],
)
def test_an_error_before_the_loop_leaves_no_session_running(bench: Bench, fault: str) -> None:
    bench.write(faulty_rig(fault), SESSION)
    with pytest.raises(HilError, match=r"OSError|RuntimeError"):
        bench.run()
    try:
        with bench.database() as database:
            sessions = database.sessions()
    except HilError:
        return  # there is no database yet
    assert all(state == "FAILED" for state in sessions["state"])
    assert all(sessions["reason"])


@pytest.mark.parametrize("percent", [1, 5, 20])
def test_calls_that_fail_at_random_fail_trials_and_nothing_else(bench: Bench, percent: int) -> None:
    faults = [
        f'fault = "os_error"\ncall = "{call}"\ndevice = "{device}"\nrate = {percent / 100}'
        for call, device in (("capture", "camera"), ("settle", "mirror"), ("read", "focus"))
    ]
    session = SESSION.replace("trials = 6", "trials = 12\n[stop]\nfailures_in_a_row = 12\n")
    bench.write(faulty_rig(*faults), _stop_last(session))
    try:
        result = bench.run()
    except HilError as error:  # a fault while the session was set up
        assert "OSError" in str(error)
        return
    states = bench.states()
    assert result.state in ("COMPLETE", "FAILED")
    assert set(states) <= {"COMPLETE", "FAILED"}
    with bench.database() as database:
        trials = database.trials("last", sort="number")
    failed = trials[trials["state"] == "FAILED"]
    assert all(failed["reason"])
    if result.best is not None:
        assert states[result.best.number] == "COMPLETE"


def _stop_last(session: str) -> str:
    table = "[stop]\nfailures_in_a_row = 12\n"
    return session.replace(table, "") + "\n" + table
