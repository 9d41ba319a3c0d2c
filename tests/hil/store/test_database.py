"""An open database: one object for all concerns, closed by `with`."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.store import Database, open_database


def test_every_concern_is_there_and_stands_once() -> None:
    public: dict[str, str] = {}
    for concern in Database.__mro__[1:]:
        for name in vars(concern):
            if name.startswith("_") or concern.__module__.split(".")[0] != "hil":
                continue
            if name == "close":
                continue  # Closing asks for it, Access has it
            assert name not in public, f"{name} stands in {public[name]} and in {concern.__name__}"
            public[name] = concern.__name__
    assert {"sessions", "frames", "calibration", "create_session", "store"} <= set(public)


def test_with_closes_it_after_an_error_too(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(Database, "close", lambda self: closed.append(self.url))
    opened = open_database(sqlite_url, create=True)
    with pytest.raises(ZeroDivisionError), opened:
        raise ZeroDivisionError
    assert closed == [opened.url]
    opened._engine.dispose()


def test_frames_lie_beside_the_file(sqlite_url: str, tmp_path: Path) -> None:
    with open_database(sqlite_url, create=True) as opened:
        assert opened.frames_folder == tmp_path / "hil-frames"
