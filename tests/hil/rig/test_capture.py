"""Capture of fields and blanks: what it moves, it moves back."""

from __future__ import annotations

from pathlib import Path

import hil
from hil.clock import SystemClock
from hil.rig.capture import Capture
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
