"""A guard is a file: whatever lies in the folder is asked, and says what it is."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from hil.records.estimate import SEVERITY
from hil.rig.guards.guard import FrameGuard
from hil.rig.guards.kinds import nan
from hil.rig.guards.registry import frame_guards, guard_names

FILES = sorted(p.stem for p in Path(str(nan.__file__)).parent.glob("*.py") if p.stem != "__init__")


def test_each_file_is_a_guard_of_its_name() -> None:
    assert sorted(guard_names()) == FILES
    assert len({guard.order for guard in frame_guards()}) == len(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_guard_says_how_often_it_is_wrong(name: str) -> None:
    guard = importlib.import_module(f"hil.rig.guards.kinds.{name}").GUARD
    assert isinstance(guard, FrameGuard)
    assert "False alarms:" in (type(guard).__doc__ or "")
    assert guard.flag == "" or guard.flag in SEVERITY


def test_the_manual_lists_them() -> None:
    text = (Path(__file__).parents[4] / "docs" / "faults.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"`{name}`" not in text] == []
