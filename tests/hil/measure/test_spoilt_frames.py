"""`hil measure` has the guards of sessions: a number from a shut shutter is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.measure.measure import measure_rig
from hil.rig.guards.guard import FramesRefused
from tests.hil.session.faulty_rigs import MICROSCOPE


@pytest.mark.parametrize(
    ("fault", "guard"), [("dark", "dark"), ("duplicated", "identical"), ("nan", "nan")]
)
def test_spoilt_frames_are_refused(tmp_path: Path, fault: str, guard: str) -> None:
    path = tmp_path / "rig.toml"
    # the second frame is for the size of the first
    text = MICROSCOPE.rig(f'fault = "{fault}"\nat = [3]')
    path.write_text(text.replace("_px = 32", "_px = 64"), encoding="utf-8")
    with pytest.raises(FramesRefused) as caught:
        measure_rig(path, f"sqlite:///{(tmp_path / 'hil.db').as_posix()}")
    assert caught.value.guard == guard
