"""`best+pixelcnn` chooses among what `best` does, and the network."""

from __future__ import annotations

from hil.information.estimators.best_with_pixelcnn import ESTIMATOR
from hil.information.registry import find_estimator, traits_of


def test_it_is_found_by_its_name_and_chooses() -> None:
    assert find_estimator("best+pixelcnn") is ESTIMATOR
    assert traits_of("best+pixelcnn").chooses
    assert not traits_of("pixelcnn").chooses
