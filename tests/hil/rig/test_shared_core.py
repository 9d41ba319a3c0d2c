"""Scripts of pymmcore-plus and useq run on a simulated microscope with optics and noise."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.rig.shared_core import micromanager_core

EXAMPLE = Path(__file__).parents[3] / "examples" / "pymmcore"


@pytest.fixture(scope="module")
def core() -> Iterator[Any]:
    with micromanager_core(EXAMPLE / "rig.toml") as found:
        yield found


def test_devices_have_their_roles_and_properties(core: Any) -> None:
    assert core.getCameraDevice() == "camera"
    assert core.getXYStageDevice() == "stage"
    assert core.getFocusDevice() == "focus"
    assert core.getShutterDevice() == "light"
    assert core.getPropertyUpperLimit("light", "power_mw") == 5, "the rig file's limit"
    assert "z4_nm" in core.getDevicePropertyNames("mirror")
    assert core.isPropertyReadOnly("metrics", "strehl")


def test_frames_follow_focus_and_light(core: Any) -> None:
    core.setAutoShutter(False)
    core.setExposure(10.0)
    core.setPosition(0.0)
    sharp = core.snap()
    core.setPosition(4.0)
    blurred = core.snap()
    core.setPosition(0.0)
    assert sharp.shape == (core.getImageHeight(), core.getImageWidth())
    assert np.var(np.diff(sharp.astype(float))) > 1.5 * np.var(np.diff(blurred.astype(float)))
    core.setShutterOpen(False)
    assert core.getProperty("light", "power_mw") in ("0", "0.0", 0.0)
    assert core.snap().mean() < 0.7 * sharp.mean()
    core.setShutterOpen(True)
    assert core.snap().mean() == pytest.approx(sharp.mean(), rel=0.1)


def test_the_cores_auto_shutter_lights_frames_alone(core: Any) -> None:
    core.setShutterOpen(True)
    core.setAutoShutter(True)
    lit = [core.snap().mean() for _ in range(2)]
    assert not core.getShutterOpen()
    core.setAutoShutter(False)
    assert core.snap().mean() < 0.7 * min(lit)
    core.setShutterOpen(True)


def test_the_rigs_limits_hold_for_everybody(core: Any) -> None:
    with pytest.raises(Exception, match=r"power_mw"):
        core.setProperty("light", "power_mw", 5.5)
    with pytest.raises(Exception, match=r"focus\.z_um"):
        core.setPosition(6.0)
    assert core.getPosition() == pytest.approx(0.0)


def test_the_example_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    found = runpy.run_path(str(EXAMPLE / "stack.py"), run_name="__main__")
    assert len(found["frames"]) == 2 * 5
    assert found["sharpest_um"] == pytest.approx(0.0, abs=1.1)
