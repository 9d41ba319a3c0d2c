from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.replay.kind import ReplayKind, ReplayOptions
from tests.drivers.replay.planted import RECORDING


def test_paths_start_at_the_rig_file_and_nothing_stays_open(tmp_path: Path) -> None:
    asked: list[ReplayOptions] = []
    closed: list[bool] = []

    def find(options: ReplayOptions) -> object:
        asked.append(options)
        return replace(RECORDING, close=lambda: closed.append(True))

    kind = ReplayKind(find)  # type: ignore[arg-type]
    options = kind.options({"session": "12", "database": "old.db", "frames": "old"}, tmp_path)
    assert options.database == f"sqlite:///{(tmp_path / 'old.db').as_posix()}"
    assert options.frames == str(tmp_path / "old")
    assert closed == [True]
    opened = kind.open(options)
    opened.close()
    opened.close()
    assert closed == [True, True]
    assert kind.resources(options) == ()


def test_a_misspelt_key_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    kind = ReplayKind(lambda options: pytest.fail("opened"))
    with pytest.raises(ValidationError, match="nearst"):
        kind.options({"session": "12", "nearst": True}, tmp_path)
