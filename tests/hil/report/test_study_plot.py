from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.errors import InputError
from hil.report.study_plot import TaskPicture, draw


def test_a_picture_has_a_row_for_each_task(tmp_path: Path) -> None:
    task = TaskPicture(
        "naming",
        "bits",
        np.arange(5.0),
        "bits per frame",
        np.arange(10.0).reshape(2, 5),
        {"bits per frame": (0.9, 0.5, 1.0), "SNR": (0.2, -0.3, 0.6)},
        ["SNR"],
        float("nan"),
    )
    draw("one", [task], tmp_path / "one.png")
    draw("two", [task, task], tmp_path / "two.png")
    from matplotlib.image import imread

    one, two = (imread(tmp_path / f"{name}.png").shape[0] for name in ("one", "two"))
    assert two > 1.8 * one
    with pytest.raises(InputError, match="--plot"):
        draw("three", [task], tmp_path / "three.no")
