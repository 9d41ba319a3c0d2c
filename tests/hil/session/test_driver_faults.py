"""What a driver raises, whatever it is, fails one trial and never the night."""

from __future__ import annotations

import pytest

from hil.errors import HilError
from tests.hil.session.faulty_rigs import MICROSCOPE
from tests.hil.session.struck import Struck
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

PLAIN = 'kind = "sim.microscope"\nseed = 1\nheight_px = 64\nwidth_px = 64\nscene_um = 60\n'
AROUND = (
    'around = { kind = "sim.microscope", seed = 1, height_px = 64, width_px = 64, scene_um = 60 }'
)


def faulty_rig(*faults: str, seed: int = 1, rig: str = RIG) -> str:
    """Give the small rig's file with faults, each the body of a table."""
    tables = "".join(f"\n[[driver.fault]]\n{fault}\n" for fault in faults)
    assert PLAIN in rig
    return rig.replace(PLAIN, f'kind = "faulty"\nseed = {seed}\n{AROUND}\n{tables}')


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


@pytest.mark.parametrize("error", ["keyboard_interrupt", "system_exit", "memory_error"])
@pytest.mark.parametrize(("device", "call"), [("camera", "capture"), ("mirror", "settle")])
def test_what_would_end_the_program_fails_its_trial(
    bench: Bench, error: str, device: str, call: str
) -> None:
    fault = f'fault = "{error}"\ncall = "{call}"\ndevice = "{device}"\nat = [2]'
    bench.write(faulty_rig(fault), SESSION)
    assert bench.run(trials=3).state == "COMPLETE"
    assert sorted(bench.states()) == ["COMPLETE", "COMPLETE", "FAILED"]


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


@pytest.mark.parametrize(("percent", "trials"), [(1, 100), (5, 40), (20, 40)])
def test_calls_that_fail_at_random_fail_their_trials_and_no_others(
    struck: Struck, percent: int, trials: int
) -> None:
    faults = [
        f'fault = "os_error"\ncall = "{call}"\ndevice = "{device}"\nrate = {percent / 100}'
        for call, device in (("capture", "camera"), ("settle", "focus"), ("read", "focus"))
    ]
    result = struck.run(MICROSCOPE, faults, MICROSCOPE.session(trials, 1, 1))
    assert all("OSError" in refusal for refusal in struck.refused)
    assert (result.state, result.n_trials) == ("COMPLETE", trials)
    struck.check("OSError")
    assert 0 < trials - result.n_complete < trials
