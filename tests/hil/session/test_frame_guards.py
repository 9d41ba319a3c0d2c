"""Frames that are no measurement fail their trial by name, and never win; what a rig gives passes."""

from __future__ import annotations

import numpy as np
import pytest

from hil.cli.runs import summarise
from hil.errors import InputError
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise
from hil.noise.camera_map import CameraMapNoise
from hil.noise.gaussian_map import GaussianMapNoise
from hil.noise.model import NoiseModel
from hil.session.frame_guards import known_noise
from tests.hil.session.faulty_rigs import EXPECTED, RIGS
from tests.hil.session_bench import Bench


def scripted(position: int, n_fields: int, repeats: int, dark_adu: int) -> list[str]:
    """Strike every second trial, at one position, each time with another fault.

    A trial ends where its frames are refused, and later calls move up.
    """
    faults, calls = [], int(n_fields == 1)  # nothing tells the size of the first frames but more
    for name, _ in EXPECTED:
        calls += n_fields  # of the trial before, which is clean
        extra = f"\ndark_adu = {dark_adu}" if name == "dark" else ""
        faults.append(f'fault = "{name}"\nat = [{calls + position}]{extra}')
        calls += position + more_captures(name, position, n_fields, repeats)
    return faults


def more_captures(name: str, position: int, n_fields: int, repeats: int) -> int:
    """How many captures after the one that is struck its trial still takes."""
    if name in ("dark", "saturated"):
        return 1  # a second frame decides
    if name == "frozen":
        return int(repeats == 1)  # the first sign that frames of this rig differ
    if name == "cropped" or (name == "shape_changes" and repeats == 1):
        return int(position == 1)  # the next field, or a second frame, shows it
    return 0


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize(("n_fields", "position"), [(3, 1), (3, 2), (3, 3), (1, 1)])
@pytest.mark.parametrize("rig", RIGS)
def test_every_fault_of_frames_fails_its_trial_by_name(
    bench: Bench, rig: str, n_fields: int, position: int, repeats: int
) -> None:
    small = RIGS[rig]
    trials = 2 * len(EXPECTED)
    faults = scripted(position, n_fields, repeats, small.dark_adu)
    bench.write(small.rig(*faults), small.session(trials, n_fields, repeats))
    result = bench.run()
    with bench.database() as database:
        rows = database.trials("last", sort="number")
        events = database.events("last")
    assert list(rows["state"][::2]) == ["COMPLETE"] * len(EXPECTED), list(rows["reason"])
    assert list(rows["state"][1::2]) == ["FAILED"] * len(EXPECTED), list(rows["reason"])
    for reason, (name, guard) in zip(rows["reason"][1::2], EXPECTED, strict=True):
        assert reason.startswith(f"frames: {guard}: camera, field "), (name, reason)
    refused = events[events["kind"] == "frames_refused"]
    assert [detail["guard"] for detail in refused["detail"]] == [guard for _, guard in EXPECTED]
    assert list(refused["number"]) == list(rows["number"][1::2])
    assert sum(result.refused.values()) == len(EXPECTED)
    assert result.best is not None
    assert result.best.number % 2 == 0


# Strikes that last: a shutter stuck for all of a visit, the second look included.
@pytest.mark.parametrize("place", [0, 2])
def test_a_shutter_left_shut_in_one_field_never_wins(
    bench: Bench, capsys: pytest.CaptureFixture[str], place: int
) -> None:
    small = RIGS["microscope"]
    # captures of trial 2 at one place: 3 fields a trial, and a second look
    at = 2 * 3 + 1 + place
    fault = f'fault = "dark"\nat = [{at}, {at + 1}]'
    bench.write(small.rig(fault), small.session(5, 3, 1))
    result = bench.run()
    with bench.database() as database:
        rows = database.trials("last", sort="number")
    assert list(rows["state"]) == ["COMPLETE"] * 2 + ["FAILED"] + ["COMPLETE"] * 2
    assert rows["reason"][2].startswith("frames: dark: ")
    assert result.refused == {"dark": 1}
    summarise(result)
    assert "refused   dark: frames of 1 trial\n" in capsys.readouterr().out


def test_where_nothing_tells_a_shutter_from_the_sample_the_trial_cannot_win(bench: Bench) -> None:
    small = RIGS["microscope"]
    bench.write(small.rig('fault = "dark"\nat = [2, 3]'), small.session(5, 3, 1))
    result = bench.run()
    assert bench.states() == ["COMPLETE"] * 5
    assert result.flags["dark_field"] == result.n_barred == 1
    assert result.best is not None
    assert result.best.number > 0


def test_a_guard_may_be_switched_off_and_must_exist(bench: Bench) -> None:
    small = RIGS["microscope"]
    rig = small.rig('fault = "exposure_negative"\nat = [2]')
    session = small.session(2, 1, 1)
    bench.write(rig, session.replace("[measure]\n", '[measure]\nunguarded = ["exposure"]\n'))
    bench.run()
    assert bench.states() == ["COMPLETE"] * 2
    bench.write(rig, session.replace("[measure]\n", '[measure]\nunguarded = ["exposur"]\n'))
    with pytest.raises(
        InputError, match=r"measure\.unguarded\.0: 'exposur', did you mean 'exposure'"
    ):
        bench.run()


NOISES = [
    (CameraNoise(0.5, 100, 1.6), 100.0, 10.24 + 1 / 12, 0.0),
    (CameraNoise(0.25, 20, 0.0), 20.0, 1 / 12, 4.0),
    (CameraMapNoise(0.5, np.array([[99.0, 101.0]]), 1.6), 100.0, 10.24 + 1 / 12, 0.0),
    (PoissonNoise(), 0.0, 0.0, 1.0),
    (GaussianNoise(3.0), None, 9 + 1 / 12, 0.0),
    (GaussianMapNoise(np.array([[3.0, 3.0]])), None, 9 + 1 / 12, 0.0),
]


@pytest.mark.parametrize(("model", "dark", "variance", "electron"), NOISES, ids=repr)
def test_guards_know_the_noise_of_every_model(
    model: NoiseModel, dark: float | None, variance: float, electron: float
) -> None:
    known = known_noise(model)
    assert known.dark_adu == dark
    assert known.variance_adu2(dark or 0.0) == pytest.approx(variance)
    assert known.electron_adu == electron
