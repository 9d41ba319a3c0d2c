"""One study of the planted domain, for all tests that look at one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.study.cache import CellCache
from hil.study.prediction import Prediction, predict
from tests.hil.study.planted_domain import SMALL, Planted


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cells")


@pytest.fixture(scope="session")
def found(cells: Path) -> Prediction:
    return predict(Planted(), SMALL, CellCache(cells, ""), lambda line: None)
