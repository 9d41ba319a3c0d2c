"""A setting that reads back something else than was asked for fails its trial, by name."""

from __future__ import annotations

import numpy as np
import pytest

from hil.rig.agreement import agrees
from tests.hil.session.faulty_rigs import MICROSCOPE
from tests.hil.session.struck import Struck
from tests.hil.session.test_driver_faults import faulty_rig
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

# A command that is ignored is waited for: its read-back may come late.
SOON = "".join(
    f'\n[limits."{name}"]\ntimeout_s = 0.3\n'
    for name in ("mirror.z5_nm", "stage.x_um", "stage.y_um")
)
CASES = [
    ('fault = "read_nan"\nsetting = "mirror.z5_nm"\nat = [3]', "mirror.z5_nm"),
    ('fault = "read_off"\nsetting = "mirror.z5_nm"\namount = 0.01\nat = [3]', "mirror.z5_nm"),
    ('fault = "read_text"\nsetting = "mirror.z5_nm"\nat = [3]', "mirror.z5_nm"),
    ('fault = "ignored"\ndevice = "mirror"\nat = [3]', "mirror.z5_nm"),
    ('fault = "ignored"\ndevice = "stage"\nat = [6]', "stage."),
]


@pytest.mark.parametrize(("fault", "name"), CASES)
def test_a_trial_whose_device_reads_back_otherwise_is_failed(
    bench: Bench, fault: str, name: str
) -> None:
    bench.write(faulty_rig(fault, rig=RIG + SOON), SESSION)
    assert bench.run().state == "COMPLETE"
    assert sorted(bench.states()) == [*["COMPLETE"] * 5, "FAILED"]
    with bench.database() as database:
        reason = database.trials("last", where=["state = FAILED"])["reason"].iloc[0]
    assert name in reason
    assert "read" in reason


def test_a_stage_that_reads_late_fails_no_trial(bench: Bench) -> None:
    late = [f'fault = "read_late"\ndevice = "{name}"\nrate = 1.0' for name in ("stage", "focus")]
    bench.write(faulty_rig(*late), SESSION.replace("trials = 6", "trials = 2"))
    bench.run()
    assert bench.states() == ["COMPLETE"] * 2


def test_the_rig_file_says_what_may_differ(bench: Bench) -> None:
    rig = RIG + '\n[limits."mirror.z5_nm"]\ntolerance = 0.02\n'
    fault = 'fault = "read_off"\nsetting = "mirror.z5_nm"\namount = 0.01\nrate = 1.0'
    bench.write(faulty_rig(fault, rig=rig), SESSION)
    bench.run()
    assert bench.states() == ["COMPLETE"] * 6


@pytest.mark.parametrize(("percent", "trials"), [(1, 100), (5, 40), (20, 40)])
@pytest.mark.parametrize("faults", [("read_nan", "read_off"), ("read_text", "ignored")])
def test_read_backs_that_lie_at_random_fail_their_trials_and_no_others(
    struck: Struck, faults: tuple[str, str], percent: int, trials: int
) -> None:
    tables = [
        f'fault = "{fault}"\ndevice = "focus"\nrate = {percent / 100}\namount = 0.001'
        for fault in faults
    ]
    result = struck.run(MICROSCOPE, tables, MICROSCOPE.session(trials, 1, 1))
    assert (result.state, result.n_trials) == ("COMPLETE", trials)
    struck.check("focus.z_um")
    assert 0 < trials - result.n_complete < trials


@pytest.mark.parametrize(
    ("wanted", "seen", "tolerance", "same"),
    [
        (1.0, 1.0, 0.0, True),
        (1.0, 1.05, 0.1, True),
        (1.0, 1.2, 0.1, False),
        (1.0, float("nan"), 1e9, False),
        (1.0, "1.0", 0.1, False),
        ("DAPI", "DAPI", 0.0, True),
        ("DAPI", "FITC", 0.0, False),
        (3, 4, 0.0, False),
        (None, float("inf"), 0.0, False),
        (None, 2.0, 0.0, True),
        (3e7, float(np.float32(3e7 + 1)), 0.0, True),
    ],
)
def test_what_counts_as_reached(
    wanted: float | str | None, seen: float | str, tolerance: float, same: bool
) -> None:
    assert agrees(wanted, seen, tolerance) == same
