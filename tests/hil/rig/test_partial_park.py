"""Of a rig of which a part is reached, that part is parked by what it knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.rig.partial_park import knows, parking_of
from hil.rig.settings import RigSettings
from hil.spec import load_rig_file
from tests.hil.planted_rig import LIT, RIG, Lamp, ask_for, lit_mw


@pytest.fixture
def lamp(tmp_path: Path) -> Lamp:
    (tmp_path / "lamp.txt").write_text("1.0 5.0\n", encoding="utf-8")
    return Lamp(tmp_path)


def parking(folder: Path, lamp: Lamp, rig: str = RIG):  # type: ignore[no-untyped-def]
    (folder / "rig.toml").write_text(rig, encoding="utf-8")
    return parking_of({"lamp": lamp}, load_rig_file(folder / "rig.toml"))


def test_steps_that_it_knows_are_taken(tmp_path: Path, lamp: Lamp) -> None:
    settings = RigSettings({"lamp": lamp})
    assert (knows(settings, LIT), knows(settings, "light.power_mw")) == (True, False)
    assert parking(tmp_path, lamp).run() == []
    assert lit_mw(tmp_path) == 0.0


def test_what_reads_dark_is_told_nothing(tmp_path: Path, lamp: Lamp) -> None:
    assert parking(tmp_path, lamp).darken_lit() == []
    told = (tmp_path / "lamp.txt").read_text(encoding="utf-8")
    assert len(told.splitlines()) == 2
    assert parking(tmp_path, lamp).darken_lit() == []
    assert (tmp_path / "lamp.txt").read_text(encoding="utf-8") == told


def test_what_does_not_answer_is_told_to_go_dark_and_named(tmp_path: Path, lamp: Lamp) -> None:
    ask_for(tmp_path, "lamp read fails")
    problems = parking(tmp_path, lamp).darken_lit()
    assert [one.setting for one in problems] == [LIT]
    assert lit_mw(tmp_path) == 0.0


def test_limits_across_settings_that_are_not_there_are_left_out(tmp_path: Path, lamp: Lamp) -> None:
    rule = '\n[[limits_together]]\nsettings = ["lamp.power_mw", "light.power_mw"]\nrule = "sum"\nhigh = 9\n'
    assert parking(tmp_path, lamp, RIG + rule).run() == []
