"""Work takes its share of the time, and no more."""

from __future__ import annotations

import pytest

from hil.web.paced import Paced


class Watch:
    """Work that takes a second of a clock that stands still otherwise."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.n = 0

    def work(self) -> int:
        self.now_s += 1
        self.n += 1
        return self.n


def test_slow_work_is_done_rarely() -> None:
    watch = Watch()
    paced = Paced(
        watch.work,
        every_s=0.5,
        share=0.1,
        monotonic=lambda: watch.now_s,
        worked=lambda: watch.now_s,
    )
    assert paced() == paced() == 1
    watch.now_s = 10.9
    assert paced() == 1
    watch.now_s = 11
    assert paced() == 2
    paced.soon()
    assert paced() == 3


def test_quick_work_is_not_done_at_every_question() -> None:
    watch = Watch()
    paced = Paced(lambda: watch.now_s, every_s=2, monotonic=lambda: watch.now_s)
    assert paced() == 0
    watch.now_s = 1.9
    assert paced() == 0
    watch.now_s = 2.1
    assert paced() == 2.1


def test_what_failed_is_tried_again() -> None:
    answers = iter([ValueError("away"), 3])

    def work() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    paced = Paced(work, every_s=1)
    with pytest.raises(ValueError, match="away"):
        paced()
    assert paced() == 3
