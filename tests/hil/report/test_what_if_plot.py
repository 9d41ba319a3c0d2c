from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.records.what_if import Band, LeftOut, Outcome, WhatIf
from hil.report.what_if_plot import draw_what_if


@pytest.mark.parametrize("n", [1, 4])
def test_one_panel_a_search(tmp_path: Path, n: int) -> None:
    frames = np.array([8.0, 16.0, 24.0])
    band = Band(frames, frames[::-1] / 10, frames[::-1] / 20, frames[::-1] / 5, 5)
    outcomes = tuple(Outcome(f"sampler=$x_{i}", band, ()) for i in range(n))
    error = LeftOut(0.1, 0.5, 0.9, 0.95)
    own = Outcome("as recorded", band, ())
    found = WhatIf("abc", "a $night", "bits_per_pixel", 9, 2, error, own, outcomes, (1.0,))
    draw_what_if(found, tmp_path / "w.svg")
    text = (tmp_path / "w.svg").read_text(encoding="utf-8")
    assert text.count('id="axes_') >= n


def test_nothing_known_is_drawn_too(tmp_path: Path) -> None:
    frames, nothing = np.array([8.0]), np.array([np.nan])
    one = Outcome("x", Band(frames, nothing, nothing, nothing, 5), ())
    error = LeftOut(0.1, 0.5, 0.9, 0.95)
    found = WhatIf("abc", "night", "bits_per_pixel", 9, 2, error, one, (one,), (1.0,))
    draw_what_if(found, tmp_path / "w.svg")
    assert (tmp_path / "w.svg").is_file()
