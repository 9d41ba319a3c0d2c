from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.errors import InputError
from hil.replay.file_metadata import table_of_metadata
from hil.replay.files import recording_of_files
from tests.hil.frames.written import mm_stacks, ndtiff


def image(number: int) -> np.ndarray:
    return np.full((8, 8), number, np.uint16)


def test_frames_at_the_same_settings_are_a_trial_and_positions_its_fields(tmp_path: Path) -> None:
    frames = {
        (("position", p), ("z", z), ("time", t)): image(100 * p + 10 * z + t)
        for p in range(2)
        for z in range(3)
        for t in range(2)
    }
    says = lambda axes: {"ZPositionUm": axes["z"] * 2.0, "Stage-Z": str(axes["z"])}  # noqa: E731
    ndtiff(tmp_path / "a", frames, {}, says)
    table, axes = table_of_metadata([tmp_path / "a"])
    assert list(table.rows[0]) == ["focus.position_um", "Cam.exposure_ms"], "each quantity once"
    assert [row["focus.position_um"] for row in table.rows] == [0, 2, 4]
    recording = recording_of_files([tmp_path / "a"], table, axes)
    assert [len(trial.fields) for trial in recording.trials] == [2, 2, 2]
    assert recording.pixels(2, 1)[:, 0, 0].tolist() == [120, 121], "times are repeats"
    assert recording.trials[0].exposure_ms == 10


def test_times_at_which_settings_differ_are_trials(tmp_path: Path) -> None:
    stacks = np.stack([image(t) for t in range(4)])[None, :, None]
    paths = mm_stacks(tmp_path / "a", stacks, ("w",), lambda p, t: {"Wheel-Label": "AB"[t % 2]})
    table, axes = table_of_metadata(paths)
    assert [row["Wheel.Label"] for row in table.rows] == ["A", "B"]
    recording = recording_of_files(paths, table, axes)
    assert [recording.pixels(1, field)[0, 0, 0] for field in (0, 1)] == [1, 3]


def test_several_files_are_a_trial_each(tmp_path: Path) -> None:
    for i in range(2):
        stacks = np.stack([image(t) for t in range(2)])[None, :, None]
        mm_stacks(tmp_path / f"{i}", stacks, ("w",), lambda p, t, i=i: {"Exposure-ms": 5 * i + 1})
    paths = [next((tmp_path / f"{i}").iterdir()) for i in range(2)]
    table, axes = table_of_metadata(paths)
    assert (table.rows, axes) == (({"Cam.exposure_ms": 1.0}, {"Cam.exposure_ms": 6.0}), None)


REFUSED = [
    (lambda axes: {}, "says no setting that differs"),
    (lambda axes: {"ZPositionUm": float(axes["z"] > 0)}, "with 1, 2 frames each"),
]


@pytest.mark.parametrize(("says", "told"), REFUSED)
def test_what_says_too_little_is_refused(tmp_path: Path, says: object, told: str) -> None:
    ndtiff(tmp_path / "a", {(("z", z),): image(z) for z in range(3)}, {}, says)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=told):
        table_of_metadata([tmp_path / "a"])
