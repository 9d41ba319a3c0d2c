from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.study.picture import draw_study
from hil.study.prediction import Prediction
from tests.hil.study.planted_domain import Planted


def test_a_file_that_cannot_be_is_refused(found: Prediction, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--plot"):
        draw_study(Planted(), found, tmp_path / "no" / "a.png")
