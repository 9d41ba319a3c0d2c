"""Modes on a modulator behind a core: a Python device of pymmcore-plus stands for the adapter's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymmcore_plus.experimental.unicore import SLMDevice, UniMMCore

from drivers.errors import ConfigError, DeviceFault
from drivers.micromanager.core import Core
from drivers.micromanager.kind import KIND
from drivers.micromanager.modulator import CoreModulator
from drivers.slm.kind import ModulatorTable, check_pupil
from tests.drivers.slm.panels import PANEL, write_table


class Panel(SLMDevice):
    """Keeps what was set, and what of it was displayed."""

    def __init__(self, shape: tuple[int, ...] = (80, 96)) -> None:
        super().__init__()
        self._shape, self.fails = shape, False
        self.held, self.displayed = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)

    def shape(self) -> tuple[int, ...]:
        return self._shape

    def dtype(self) -> Any:
        return np.uint8

    def set_image(self, pixels: np.ndarray) -> None:
        if self.fails:
            raise RuntimeError("the controller is off")
        self.held = pixels.copy()

    def get_image(self) -> np.ndarray:
        return self.held

    def display_image(self) -> None:
        self.displayed = self.held.copy()

    def set_exposure(self, interval_ms: float) -> None:
        pass

    def get_exposure(self) -> float:
        return 0.0


class PythonCore(UniMMCore):
    """A core with our words for its errors."""

    closed = False
    words = Core.words


@pytest.fixture
def core() -> Iterator[Any]:
    made = PythonCore()
    made.loadPyDevice("SLM", Panel())
    made.initializeDevice("SLM")
    yield made
    made.reset()


def device_of(core: Any) -> Panel:
    return core._pydevices["SLM"]  # type: ignore[no-any-return]


def test_a_command_is_a_frame_that_the_core_displays(core: Any, tmp_path: Path) -> None:
    write_table(tmp_path)
    checked = check_pupil(ModulatorTable.model_validate(PANEL), tmp_path)
    device = checked.device(CoreModulator(core, "SLM", 8))
    flat = device_of(core).displayed.copy()
    device.start({"slm.z4_nm": 60.0})
    device.settle(1.0)
    assert device.read("slm.z4_nm") == 60.0
    assert not np.array_equal(device_of(core).displayed, flat)
    device.start({"slm.z4_nm": 0.0})
    assert np.array_equal(device_of(core).displayed, flat)
    device_of(core).fails = True
    with pytest.raises(DeviceFault, match=r"showing a frame: .*the controller is off"):
        device.start({"slm.z4_nm": 10.0})


def test_a_modulator_in_colour_or_of_another_size_is_refused(core: Any, tmp_path: Path) -> None:
    core.loadPyDevice("RGB", Panel((80, 96, 3)))
    core.initializeDevice("RGB")
    with pytest.raises(DeviceFault, match="it has 3 components"):
        CoreModulator(core, "RGB", 8)
    write_table(tmp_path)
    checked = check_pupil(ModulatorTable.model_validate(PANEL | {"width_px": 100}), tmp_path)
    with pytest.raises(DeviceFault, match="96 x 80 pixels of 8 bits, and the rig file says 100"):
        checked.device(CoreModulator(core, "SLM", 8))


def test_the_table_is_checked_before_the_configuration_is_loaded(tmp_path: Path) -> None:
    write_table(tmp_path)
    with pytest.raises(ConfigError, match=r"modulator\.device: needed"):
        KIND.options({"modulator": dict(PANEL)}, tmp_path)
    said = {**PANEL, "device": "SLM"}
    with pytest.raises(ConfigError, match=r"modulator\.table: needed"):
        KIND.options({"modulator": {k: v for k, v in said.items() if k != "table"}}, tmp_path)
    with pytest.raises(ConfigError, match=r"modulator\.colour"):
        KIND.options({"modulator": {**said, "colour": 1}}, tmp_path)
    checked = KIND.options({"modulator": said}, tmp_path)
    assert checked.modulator is not None
    assert Path(checked.modulator["table"]).is_absolute()


def test_a_device_that_is_not_there_is_told_in_the_cores_words(tmp_path: Path) -> None:
    write_table(tmp_path)
    options = KIND.options({"modulator": {**PANEL, "device": "SLM"}}, tmp_path)
    with pytest.raises(DeviceFault, match="SLM: asking for its pixels"):
        KIND.open(options)
