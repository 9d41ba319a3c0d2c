from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hil.study.picture import draw_study
from hil.study.prediction import Prediction
from hil.study.tables import HEAD, rows_of, verdicts
from tests.hil.study.planted_domain import Planted


def test_the_best_predictor_stands_first_and_equals_stand_together(
    found: Prediction, tmp_path: Path
) -> None:
    rows = rows_of(found.tasks["sign"])
    assert all(len(row) == len(HEAD) for row in rows)
    assert [float(row[1]) for row in rows] == sorted((float(row[1]) for row in rows), reverse=True)
    assert any("bits per pixel, bits per frame, bits per area" in row[0] for row in rows)
    lines = list(verdicts(Planted(), found))
    assert len(lines) == 6 and "not told apart from brightness" in lines[1]
    draw_study(Planted(), found, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("unbarred", "flags", "said"),
    [
        (0.5, {"light_untold": [0, 1], "fixed_pattern": [1]}, "at the 3 that a session would not bar: they rank at 0.50"),
        (float("nan"), {"light_untold": [0, 1, 2]}, "at the 2 that a session would not bar: too few"),
        (0.5, {"code_step": [4]}, "of 5 settings, bits per frame are flagged code_step at 1"),
    ],
)  # fmt: skip
def test_flagged_readings_are_told(
    found: Prediction, unbarred: float, flags: dict[str, list[int]], said: str
) -> None:
    tasks = {"sign": replace(found.tasks["sign"], flags=flags, unbarred=unbarred)}
    *_, line = verdicts(Planted(), replace(found, tasks=tasks))
    assert line.endswith(said)
