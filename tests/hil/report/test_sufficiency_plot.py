"""The plot of sufficiency is a picture, whatever could be estimated."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hil.errors import InputError
from hil.information.sufficiency import Sufficiency, SufficiencyPoint, Verdict
from hil.report.sufficiency_plot import _title, draw

POINTS = tuple(SufficiencyPoint(p, 8, 2 - 1 / p, 1.5, 2.1, 1.8, 2.2) for p in (4, 8, 16))
ENOUGH = Verdict("patch size", True, 0.01, "enough")
FALLS = Verdict("fields", False, 0.125, "still falls")
UNKNOWN = Verdict("fields", None, math.nan, "cannot be told")


def test_it_is_a_picture_without_points_or_intervals_too(tmp_path: Path) -> None:
    lone = (SufficiencyPoint(4, 2, 1.0, math.nan, math.nan, 0.9, 1.1),)
    for name, points in (("a.png", POINTS), ("b.png", lone), ("c.png", ())):
        draw(Sufficiency(points, points, ENOUGH, UNKNOWN), 8, 0.95, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_titles_say_the_verdict() -> None:
    assert _title(ENOUGH) == "Patch size: enough"
    assert _title(FALLS) == "Fields: still falls by 0.125 bits per doubling"
    assert _title(UNKNOWN) == "Fields: cannot be told"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        draw(Sufficiency(POINTS, POINTS, ENOUGH, FALLS), 8, 0.95, tmp_path / "none" / "a.png")
