"""`with` closes, whatever happened."""

from __future__ import annotations

import pytest

from hil.closing import Closing


class Door(Closing):
    def __init__(self) -> None:
        self.log: list[str] = []

    def close(self) -> None:
        self.log.append("closed")


class Safe(Door):
    def _leave(self) -> None:
        self.log.append("locked")
        self.close()


def test_with_gives_the_thing_itself_and_closes_it() -> None:
    door = Door()
    with door as given:
        assert given is door
        assert door.log == []
    assert door.log == ["closed"]


def test_errors_pass_through_and_leaving_may_do_more() -> None:
    safe = Safe()
    with pytest.raises(ZeroDivisionError), safe:
        raise ZeroDivisionError
    assert safe.log == ["locked", "closed"]


def test_what_cannot_be_closed_is_no_closing() -> None:
    with pytest.raises(TypeError, match="close"):
        Closing()  # type: ignore[abstract]
