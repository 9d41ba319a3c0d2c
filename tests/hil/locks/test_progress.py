"""A counter that moves is alive, one that stands still is dead after a while, a pause is neither."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hil.locks.progress import SILENT_S, Life, ProgressWatch


def test_nothing_is_known_at_first_and_a_move_shows_life() -> None:
    watch = ProgressWatch()
    assert watch.look("a", 7, 0.0) is Life.UNKNOWN
    assert watch.look("a", 7, 1.0) is Life.UNKNOWN
    assert watch.look("a", 8, 2.0) is Life.ALIVE
    assert watch.look("a", 8, 3.0) is Life.ALIVE
    assert watch.look("b", 8, 3.0) is Life.UNKNOWN


def test_standing_still_is_death_and_a_later_move_is_life_again() -> None:
    watch = ProgressWatch(silent_s=5)
    seen = [watch.look("a", 7, float(second)) for second in range(8)]
    assert seen == [Life.UNKNOWN] * 5 + [Life.DEAD] * 3
    assert watch.look("a", 8, 9.0) is Life.ALIVE


def test_a_counter_put_back_has_moved_too() -> None:
    watch = ProgressWatch()
    watch.look("a", 7, 0.0)
    assert watch.look("a", 0, 1.0) is Life.ALIVE


@given(
    period_s=st.floats(0.5, 20),
    gaps_s=st.lists(st.floats(0.1, 500), min_size=5, max_size=60),
)
def test_whoever_goes_on_is_never_dead(period_s: float, gaps_s: list[float]) -> None:
    """Whatever the pauses between two looks, also those of a clock that jumps."""
    watch, now_s = ProgressWatch(), 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        assert watch.look("a", int(now_s / period_s), now_s) is not Life.DEAD


@given(gap_s=st.floats(0.05, 1.9))
def test_whoever_does_not_is_dead_after_its_time(gap_s: float) -> None:
    watch, now_s = ProgressWatch(), 0.0
    while watch.look("a", 1, now_s) is not Life.DEAD:
        now_s += gap_s
    assert SILENT_S - 1e-6 <= now_s <= SILENT_S + gap_s + 1e-6
