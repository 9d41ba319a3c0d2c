"""The first objective of single fields of view."""

from __future__ import annotations

import pytest

from hil.ranking.field_values import field_values, valued
from tests.hil.ranking.test_finals import again


def test_fields_keep_their_mean_and_their_scale() -> None:
    assert valued(20.0, {3: 1.0, 5: 3.0}) == pytest.approx({3: 10.0, 5: 30.0})


def test_what_was_taken_off_is_taken_off_each() -> None:
    assert valued(-0.1, {0: -0.2, 1: 0.2}) == pytest.approx({0: -0.3, 1: 0.1})


@pytest.mark.parametrize("bits", [{}, {0: float("nan")}])
def test_no_fields_no_values(bits: dict[int, float]) -> None:
    assert valued(1.0, bits) == {}


def test_a_trial_of_all_fields_numbers_them() -> None:
    assert field_values(again(0, 0, (1.0, 2.0))) == pytest.approx({0: 1.0, 1: 2.0})
