"""Every estimator of the folder gives the known answers."""

from __future__ import annotations

from typing import Any

import pytest

from hil.information.registry import estimator_names
from hil.testing import EstimatorContract

# What an estimator promises less of than the contract asks for, and why.
PROMISES: dict[str, dict[str, Any]] = {
    "mixture": {"bound": True},  # for few scenes; one without number lies below it
    "pairwise": {"bound": True},  # gives an upper bound, from divergences between pairs
}
# Run elsewhere: name -> the test that covers it, and why not here.
ELSEWHERE = {
    "pixelcnn": "tests/hil/information/estimators/test_pixelcnn.py: trains for minutes",
    "best+pixelcnn": "tests/hil/information/estimators/test_pixelcnn.py: trains for minutes",
}


@pytest.mark.parametrize("estimator", [n for n in estimator_names() if n not in ELSEWHERE])
class TestEstimators(EstimatorContract):
    @pytest.fixture(autouse=True)
    def _promised(self, estimator: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(self), "estimator", estimator, raising=False)
        for name, value in PROMISES.get(estimator, {}).items():
            monkeypatch.setattr(type(self), name, value)


def test_what_is_run_elsewhere_is_an_estimator() -> None:
    assert set(ELSEWHERE) | set(PROMISES) <= set(estimator_names())
