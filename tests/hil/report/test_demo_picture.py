"""The demo's two frames show one place, whatever field of view each trial was measured at."""

from __future__ import annotations

from hil.report.demo_picture import same_place


def test_both_frames_show_the_place_of_the_first_trial() -> None:
    taken = {0: [6], 37: [0], 44: None, 45: [6, 2]}
    assert same_place(taken, 0, [37, 44]) == [(0, 0), (44, 6)]
    assert same_place(taken, 0, [45, 37]) == [(0, 0), (45, 0)]
    assert same_place({0: None, 3: [2, 0]}, 0, [3]) == [(0, 0), (3, 1)]


def test_without_one_the_best_has_its_own_place() -> None:
    assert same_place({0: [6], 37: [0, 1]}, 0, [37]) == [(0, 0), (37, 0)]
