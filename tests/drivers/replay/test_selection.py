from __future__ import annotations

import numpy as np

from drivers.replay.selection import RecordedSettings
from tests.drivers.replay.planted import RECORDING, trial, with_trials


def test_distances_are_in_units_of_what_was_recorded() -> None:
    far = with_trials(trial(0, 0.0, "DAPI"), trial(1, 10.0, "DAPI"), trial(2, 4.0, "FITC"))
    found = RecordedSettings(far).trials({**far.present, "Z.position_um": 4.0})
    assert [one.number for one in found.trials] == [0]
    assert dict(found.differs) == {"Z.position_um": 0.0}


def test_single_precision_is_the_same_setting() -> None:
    there = {**RECORDING.present, "Z.position_um": float(np.float32(3.0000001))}
    assert not RecordedSettings(RECORDING).trials(there).differs


def test_blank_fields_are_told_by_what_else_is_moved() -> None:
    places = ({"X.position_um": 0.0}, {"X.position_um": 0.0, "lamp.power_mw": 0.0})
    recording = with_trials(*RECORDING.trials, places=places)
    find = RecordedSettings(recording)
    assert find.place(recording.present)[0] == 0
    assert find.place({**recording.present, "lamp.power_mw": 0.0})[0] == 1


def test_a_known_trial_is_one_that_was_measured_right_here() -> None:
    several = with_trials(trial(0, 1.0, "DAPI"), trial(1, 2.0, "DAPI"), trial(2, 2.0, "DAPI"))
    find = RecordedSettings(several)
    there = {**several.present, "Z.position_um": 2.0}
    known = [find.known(number, there) for number in (0, 1, 2, 3)]
    assert [one and one.number for one in known] == [None, 1, 2, None]
    assert [one.number for one in find.trials(there).trials] == [1, 2]
    moved = {**there, "Z.position_um": 1.0}
    assert [one.number for one in find.trials(moved).trials] == [0]
    assert [one.number for one in find.trials(there).trials] == [1, 2]
