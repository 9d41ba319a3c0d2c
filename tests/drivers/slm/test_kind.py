"""What a table of kind "slm" may say; each mistake is one line, before anything is connected."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from drivers.errors import ConfigError, DeviceFault
from drivers.slm.kind import KIND
from drivers.slm.memory import MEMORY, MemoryPanelOptions
from drivers.slm.modulator import Panel
from tests.drivers.slm.panels import PANEL, TABLE, write_table


class Wrong(NamedTuple):
    changes: dict[str, Any]
    key: str
    words: str


WRONG = {
    "no table": Wrong({"table": None}, "table", 'needed: a file with the phase.*"linear"'),
    "no such file": Wrong({"table": "none.csv"}, "table", "no file 'none.csv'"),
    "too few levels": Wrong({"bits": 10}, "table", r"\(256, 1\).*1024 levels"),
    "not all phases": Wrong({"table": "half.csv"}, "table", "leaves 0.5. of a turn.*in rad"),
    "in degrees": Wrong({"table": "deg.csv"}, "table", "is in deg, allowed: rad"),
    "as if rad": Wrong({"table": "many.csv"}, "table", "goes over 100 turns.*in rad"),
    "levels missing": Wrong({"table": "part.csv"}, "table", "levels 0 to 200, allowed.*to 255"),
    "beyond the panel": Wrong(
        {"pupil": {"radius_px": 60.0}}, "pupil", "-12.5 to 107.5.*width_px = 96"
    ),
    "off the panel": Wrong(
        {"pupil": {"radius_px": 10.0, "center_px": [93.0, 40.0]}}, "pupil", "83 to 103.*= 96"
    ),
    "too fine a grating": Wrong({"grating": {"period_px": 2.0}}, "grating.period_px", "2.3 or"),
    "no such mode": Wrong({"modes": ["z99_nm"]}, "modes", "'z99_nm', allowed.*Noll"),
    "a mode twice": Wrong({"modes": ["z4_nm", "z4_nm"]}, "modes", "named twice"),
    "no modes": Wrong({"modes": []}, "modes", "needed"),
    "basis of another shape": Wrong(
        {"basis": "basis.npy", "basis_modes": ["a_nm"]}, "basis", r"\(2, 80, 96\), allowed: \(1,"
    ),
    "names without a basis": Wrong({"basis_modes": ["a_nm"]}, "basis_modes", "goes with basis"),
    "flat of another shape": Wrong({"flat": "flat.npy"}, "flat", r"\(80, 90\), allowed: \(80, 96"),
    "no such modulator": Wrong(
        {"modulator": {"kind": "santek"}}, "modulator.kind", "did you mean 'santec'"
    ),
    "no modulator": Wrong({"modulator": {}}, "modulator", "kind = "),
    "no such option": Wrong(
        {"modulator": {"kind": "screen", "screen": 2}}, "modulator.display_number", "required"
    ),
}


def write_all(folder: Path) -> None:
    write_table(folder)
    turn = 2 * np.pi * np.arange(256) / 256
    (folder / "half.csv").write_text("\n".join(map(str, turn / 2)), encoding="utf-8")
    (folder / "many.csv").write_text("\n".join(map(str, turn * 100.4)), encoding="utf-8")
    (folder / "deg.csv").write_text("# unit: deg\n0\n1\n", encoding="utf-8")
    (folder / "part.csv").write_text("level,phase_rad\n0,0\n200,6.2\n", encoding="utf-8")
    np.save(folder / "basis.npy", np.ones((2, 80, 96)))
    np.save(folder / "flat.npy", np.ones((80, 90)))


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_before_anything_is_connected(case: Wrong, tmp_path: Path) -> None:
    write_all(tmp_path)
    table = {k: v for k, v in (TABLE | case.changes).items() if v is not None}
    with pytest.raises(ConfigError, match=case.words) as caught:
        KIND.options(table, tmp_path)
    assert caught.value.key == case.key
    assert "\n" not in str(caught.value)


def test_a_table_may_name_some_levels(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text(
        "level,phase_rad\n0,0.0\n100,2.0\n255,6.28\n", encoding="utf-8"
    )
    checked = KIND.options(TABLE | {"table": "some.csv"}, tmp_path)
    assert checked.pupil.turns[50] == pytest.approx(1.0 / (2 * np.pi))


def test_a_panel_of_another_size_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path)
    checked = KIND.options(TABLE, tmp_path)
    other = MEMORY.open(MemoryPanelOptions(), Panel(1920, 1080, 8, 8.0, 633.0))
    with pytest.raises(DeviceFault, match="1920 x 1080 pixels of 8 bits, and the rig file says 96"):
        checked.pupil.device(other)


def test_frames_go_by_table_pupil_and_grating_which_are_on_record(tmp_path: Path) -> None:
    write_table(tmp_path)
    device = KIND.open(KIND.options(TABLE, tmp_path)).devices["slm"]
    said = dict(device.identity())  # type: ignore[attr-defined]
    assert said["pupil"] == "centre 50, 41 px, radius 30 px"
    assert said["grating"] == "8 px at 30 deg"
    assert said["table"].startswith("levels.csv, crc32 ")
    assert PANEL["wavelength_nm"] == 633.0 and said["wavelength"] == "633 nm"
