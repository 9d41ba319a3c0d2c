"""The last of something is kept, and no other."""

from __future__ import annotations

import pytest

from sim.numerics.memo import Last


def test_the_last_is_kept_and_no_other() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name.upper()

    last: Last[str] = Last()
    assert [last.of(key, lambda key=key: make(key)) for key in "aabba"] == list("AABBA")
    assert made == ["a", "b", "a"]


def test_what_could_not_be_made_is_made_again() -> None:
    last: Last[int] = Last()
    with pytest.raises(ZeroDivisionError):
        last.of("a", lambda: 1 // 0)
    assert last.of("a", lambda: 1) == 1
