"""How many fields and frames a trial has, and what cannot be measured."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hil.spec.measure import Blank, EstimatorSpec, Grid, Measure

GRID = Grid(columns=4, rows=2, step_um=60)
FIELDS = ({"XY.x_um": 0.0}, {"XY.x_um": 5.0}, {"XY.x_um": 9.0})


@pytest.mark.parametrize(
    ("measure", "fields", "blanks", "frames"),
    [
        (Measure(), 1, 0, 1),
        (Measure(grid=GRID, repeats=4), 8, 0, 32),
        (Measure(fields=FIELDS, repeats=2), 3, 0, 6),
        (Measure(grid=GRID, repeats=2, blank=Blank(set={"W.Label": "empty"})), 8, 8, 32),
        (Measure(grid=GRID, repeats=2, blank=Blank(fields=FIELDS[:2])), 8, 2, 20),
    ],
)
def test_frames_of_a_trial_are_counted(
    measure: Measure, fields: int, blanks: int, frames: int
) -> None:
    assert (measure.n_fields, measure.n_blanks, measure.n_frames) == (fields, blanks, frames)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"grid": GRID, "fields": FIELDS}, "either grid or fields"),
        ({"fields": (FIELDS[0], FIELDS[0])}, "named twice"),
        ({"fields": (FIELDS[0], {"XY.y_um": 1.0})}, "same settings"),
        (
            {"grid": GRID, "fields": "as needed", "max_fields": 3, "pipeline": True},
            "pipeline: true, not beside max_fields",
        ),
        ({"pipeline": "always"}, "auto"),
        ({"repeats": 0}, "greater than or equal to 1"),
        ({"grid": GRID, "labels": (0, 1)}, "labels: 2, allowed: 8"),
        ({"grid": GRID, "labels": (0,) * 8}, "two labels or more"),
        ({"grid": GRID, "labels": ("a", *"b" * 7)}, "two fields or more"),
        ({"grid": GRID, "fields": "as needed", "labels": (0, 1) * 4}, "as needed"),
    ],
)
def test_fields_that_contradict_themselves_are_refused(keys: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Measure(**keys)


def test_a_blank_says_where_or_what() -> None:
    with pytest.raises(ValidationError, match="give fields"):
        Blank()
    blank = Blank(fields=FIELDS[:1], set={"W.Label": "empty"})
    assert set(blank.moved) == {"W.Label", "XY.x_um"}


def test_a_pattern_needs_fields() -> None:
    assert EstimatorSpec().cannot_subtract(1) == ""
    assert EstimatorSpec(subtract_pattern=True).cannot_subtract(8) == ""
    assert "needed: 8" in EstimatorSpec(subtract_pattern=True).cannot_subtract(7)


def test_of_an_image_there_are_patches_enough() -> None:
    assert EstimatorSpec().max_pixels == 2**19
    assert EstimatorSpec(patch_size=256).max_pixels == 2**19
    with pytest.raises(ValidationError, match=r"fewer than 8 patches of patch_size = 32, .* 8192"):
        EstimatorSpec(patch_size=32, max_pixels=8191)
