"""Sums of everything, and of all but each fold."""

from __future__ import annotations

from hil.information.densities.stationary.fold_sums import training_sums


def test_each_fold_is_left_out_once() -> None:
    assert training_sums([1, 20, 300]) == [321, 320, 301, 21]


def test_one_fold_alone_has_nothing_to_leave_out() -> None:
    assert training_sums([7]) == [7]
