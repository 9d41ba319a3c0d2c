"""Capture of fields and blanks: what it moves, it moves back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import hil
from drivers.frame import Frame
from hil.clock import SystemClock
from hil.rig.capture import Capture
from hil.rig.limits import InterlockOpen
from tests.hil.small_session import RIG


def test_blank_frames_leave_everything_as_it_was_also_after_a_fault(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        blanks = [{"light.power_mw": 0.0, "stage.x_um": 5.0}]
        capture = Capture(rig.safety, rig.camera, [{}], 1, 10, SystemClock(), blanks=blanks)
        capture.apply({"focus.z_um": 1.0})
        dark = rig.run(lambda: capture.field(1))
        assert rig.read("light.power_mw", "stage.x_um") == {
            "light.power_mw": 0.0,
            "stage.x_um": 5.0,
        }
        # The next trial begins without leave_blanks, as it does when the camera has failed.
        rig.run(lambda: capture.apply({"focus.z_um": 2.0}))
        assert rig.read("light.power_mw", "stage.x_um", "focus.z_um") == {
            "light.power_mw": 1.0,
            "stage.x_um": 0.0,
            "focus.z_um": 2.0,
        }
        assert rig.run(lambda: capture.field(0)).frames.mean() > dark.frames.mean() + 5


INTERLOCKED = RIG + '\n[[interlock]]\nsetting = "stage.x_um"\nhigh = 3\n'


def test_an_interlock_that_opens_during_an_exposure_makes_dark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rig.toml").write_text(INTERLOCKED, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        capture = Capture(rig.safety, rig.camera, [{}], 2, 10, SystemClock(), rig.spec.setup)
        rig.run(lambda: capture.apply({"focus.z_um": 1.0}))
        assert rig.run(lambda: capture.field(0)).frames.mean() > 100
        real = rig.camera.capture

        def opens(n: int, timeout_s: float) -> Iterator[Frame]:
            frames = list(real(n, timeout_s))
            rig.devices["stage"].start({"stage.x_um": 5.0})
            rig.devices["stage"].settle(10)
            return iter(frames)

        monkeypatch.setattr(rig.camera, "capture", opens)
        with pytest.raises(InterlockOpen, match=r"stage\.x_um = 5"):
            rig.run(lambda: capture.field(0))
        assert rig.read("light.power_mw") == {"light.power_mw": 0.0}
        monkeypatch.setattr(rig.camera, "capture", real)
        with pytest.raises(InterlockOpen):
            rig.run(lambda: capture.apply({"focus.z_um": 2.0}))
        rig.devices["stage"].start({"stage.x_um": 0.0})
        rig.devices["stage"].settle(10)
        rig.run(lambda: capture.apply({"focus.z_um": 2.0}))
        assert rig.read("light.power_mw") == {"light.power_mw": 1.0}, "it sets up again"
