"""A rig with a modulator: what is shown, its checksum, limits, deadlines and read-backs."""

from __future__ import annotations

import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hil
from drivers.errors import DeviceFault
from drivers.slm import memory
from drivers.slm.memory import MemoryPanel, MemoryPanelOptions
from drivers.slm.modulator import ModulatorKind, Panel
from hil.errors import RigError, SafetyError
from tests.drivers.slm.panels import TABLE, write_table


class Watched(MemoryPanel):
    """Keeps what came; fails, lies or hangs when told to."""

    made: list[Watched]

    def __init__(self, options: MemoryPanelOptions, panel: Panel) -> None:
        super().__init__(options, panel)
        self.log: list[np.ndarray] = []
        self.fails = self.lies = False
        self.hangs: threading.Event | None = None
        self.made.append(self)

    def show(self, frame: np.ndarray) -> None:
        if self.fails:
            raise DeviceFault("panel", "show", "the board is off")
        self.log.append(frame.copy())
        super().show(frame)

    def shown(self) -> np.ndarray:
        if self.hangs is not None:
            self.hangs.wait(20)
        return super().shown() ^ np.uint8(self.lies)


@pytest.fixture
def rig_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Watched.made = []
    monkeypatch.setattr(memory, "MEMORY", ModulatorKind(MemoryPanelOptions, Watched))
    write_table(tmp_path)
    path = tmp_path / "rig.toml"
    path.write_text(
        'name = "desk"\ncall_timeout_s = 0.5\n[[driver]]\nkind = "slm"\n'
        'modulator = { kind = "memory" }\nwidth_px = 96\nheight_px = 80\nwavelength_nm = 633\n'
        "pupil = { radius_px = 30, center_px = [50, 41] }\ngrating = { period_px = 4 }\n"
        'modes = ["z4_nm", "z5_nm", "z11_nm"]\ntable = "levels.csv"\n'
        '[[park]]\nset = { "slm.z4_nm" = 0.0, "slm.z5_nm" = 0.0, "slm.z11_nm" = 0.0 }\n',
        encoding="utf-8",
    )
    assert TABLE["bits"] == 8
    return path


def test_a_command_is_one_frame_with_its_checksum_and_parking_takes_it_back(rig_file: Path) -> None:
    with hil.load_rig(rig_file) as rig:
        (panel,) = Watched.made
        rig.apply({"slm.z4_nm": 40.0, "slm.z11_nm": -12.5})
        assert len(panel.log) == 2
        read = rig.read()
        assert read["slm.z4_nm"] == 40.0 and read["slm.z5_nm"] == 0.0
        assert read["slm.frame_crc32"] == zlib.crc32(panel.log[-1].tobytes())
    assert np.array_equal(panel.log[-1], panel.log[0]), "parked"


def test_random_commands_are_never_steeper_than_half_a_turn(rig_file: Path) -> None:
    rng = np.random.default_rng(4)
    carried_out = refused = 0
    with hil.load_rig(rig_file) as rig:
        device: Any = rig.devices["slm"]
        names = [name for name, setting in rig.settings.items() if not setting.read_only]
        for _ in range(60):
            values = {n: float(rng.uniform(*rig.safety.bounds(n))) for n in names}
            bounds = device.bounds_together()[0]
            slopes = bounds.matrix @ np.array([values[n] for n in bounds.settings]) + bounds.offset
            fits = np.abs(slopes).max() <= 0.5
            try:
                assert rig.apply(values) == pytest.approx(values, abs=1e-6)
                carried_out += 1
                assert fits
            except SafetyError as error:
                assert "turns per pixel" in str(error)
                assert not fits
                refused += 1
    assert carried_out > 5 and refused > 5


def test_another_frame_than_was_sent_fails_the_command(rig_file: Path) -> None:
    with hil.load_rig(rig_file) as rig:
        Watched.made[0].lies = True
        with pytest.raises(RigError, match="another frame than it was sent"):
            rig.apply({"slm.z4_nm": 20.0})
        Watched.made[0].lies = False


def test_a_panel_that_fails_or_hangs_does_so_in_its_words(rig_file: Path) -> None:
    rig: Any = hil.load_rig(rig_file)
    Watched.made[0].fails = True
    with pytest.raises(RigError, match="the board is off"):
        rig.apply({"slm.z4_nm": 20.0})
    Watched.made[0].fails = False
    released = Watched.made[0].hangs = threading.Event()
    try:
        with pytest.raises(RigError, match="slm"):
            rig.read("slm.z4_nm")
        assert [hang.device for hang in rig.hangs] == ["slm"]
    finally:
        released.set()
        rig.close()
