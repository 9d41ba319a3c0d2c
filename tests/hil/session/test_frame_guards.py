"""Frames that are no measurement fail their trial by name, and never win; what a rig gives passes."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import hil
from hil.errors import InputError
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise
from hil.noise.camera_map import CameraMapNoise
from hil.session.frame_guards import known_noise
from tests.hil.session.faulty_rigs import EXPECTED, RIGS
from tests.hil.session_bench import Bench


def scripted(position: int, n_fields: int, repeats: int, dark_adu: int) -> list[str]:
    """Strike every second trial, at one position, each time with another fault.

    A trial ends where its frames are refused, and later calls move up.
    """
    faults, calls = [], 0
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
