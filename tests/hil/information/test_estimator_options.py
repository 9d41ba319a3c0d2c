"""An estimator's options from words, and what is said of wrong ones."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hil.errors import InputError
from hil.information.estimator_options import estimator_with

WRONG: list[tuple[str, Mapping[str, str], str]] = [
    ("gausian", {}, "did you mean 'gaussian'"),
    ("gaussian", {"steps": "3"}, "gaussian has no options"),
    ("pixelcnn", {"stepz": "3"}, "did you mean 'steps'"),
    ("pixelcnn", {"layers": "two"}, "an integer from 1"),
    ("pixelcnn", {"steps": "0"}, "an integer from 1"),
    ("pixelcnn", {"averaging": "1"}, "a number between 0 and 1"),
]


@pytest.mark.parametrize(("name", "options", "says"), WRONG)
def test_a_wrong_option_is_refused(name: str, options: Mapping[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        estimator_with(name, options)


def test_an_estimator_without_options_stays_its_name() -> None:
    assert estimator_with("gaussian", {}) == "gaussian"
