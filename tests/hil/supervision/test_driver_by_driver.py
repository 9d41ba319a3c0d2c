"""Through fresh connections: what can be reached goes dark, and what cannot is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.rig.driver_kinds import BUILT_IN
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from hil.supervision.driver_by_driver import park_driver_by_driver
from tests.hil.planted_rig import LIT, RIG, ask_for, lit_mw


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    for name in ("lamp", "microscope"):
        monkeypatch.setitem(BUILT_IN, f"planted.{name}", f"tests.hil.planted_rig:{name.upper()}")
    rig = RIG.replace("open_timeout_s = 8", "open_timeout_s = 0.5")
    rig = rig.replace("call_timeout_s = 1", "call_timeout_s = 0.3")
    (tmp_path / "rig.toml").write_text(rig, encoding="utf-8")
    (tmp_path / "lamp.txt").write_text("1.0 5.0\n", encoding="utf-8")
    return Plan(load_rig_file(tmp_path / "rig.toml"))


def test_all_is_parked_where_all_is_reached(plan: Plan, tmp_path: Path) -> None:
    done = park_driver_by_driver(plan)
    assert (done.problems, done.unreachable, done.hangs) == ([], {}, [])
    assert lit_mw(tmp_path) == 0.0
    assert done.dark_s < 2.0


@pytest.mark.parametrize("how", ["fails", "hangs"])
def test_a_driver_that_is_lost_keeps_no_other_lamp_lit(
    how: str, plan: Plan, tmp_path: Path
) -> None:
    ask_for(tmp_path, f"microscope open {how}")
    done = park_driver_by_driver(plan)
    assert lit_mw(tmp_path) == 0.0
    assert list(done.unreachable) == ["driver.0: planted.microscope"]
    assert [problem.setting for problem in done.problems] == ["light.power_mw"]
    assert [hang.action for hang in done.hangs] == (["open"] if how == "hangs" else [])


@pytest.mark.parametrize("call", ["start", "settle", "read"])
def test_a_lamp_that_hangs_is_named_and_the_other_goes_dark(
    call: str, plan: Plan, tmp_path: Path
) -> None:
    ask_for(tmp_path, f"lamp {call} hangs")
    done = park_driver_by_driver(plan)
    assert [problem.setting for problem in done.problems] == [LIT]
    assert "has not returned" in done.problems[0].message


def test_a_rig_without_park_steps_goes_dark(plan: Plan, tmp_path: Path) -> None:
    text = (tmp_path / "rig.toml").read_text(encoding="utf-8")
    (tmp_path / "rig.toml").write_text(text[: text.index("[[park]]")], encoding="utf-8")
    assert park_driver_by_driver(Plan(load_rig_file(tmp_path / "rig.toml"))).problems == []
    assert lit_mw(tmp_path) == 0.0


def test_a_matrix_that_has_gone_leaves_no_lamp_on(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    table = '[[limits_matrix]]\nsettings = ["focus.z_um"]\nmatrix = "m.npy"\nmax = 1\n'
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[[park]]", f"{table}\n[[park]]", 1), encoding="utf-8")
    np.save(tmp_path / "m.npy", np.array([[1.0]]))
    late = Plan(load_rig_file(path))
    (tmp_path / "m.npy").unlink()
    assert park_driver_by_driver(late).problems == []
    assert lit_mw(tmp_path) == 0.0
