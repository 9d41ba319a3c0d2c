"""The system's own list of cameras, on three systems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from drivers.listing.cameras import cameras


def test_linux_names_each_camera_once(tmp_path: Path) -> None:
    for device, name in (("video0", "HD Webcam"), ("video1", "HD Webcam"), ("video2", "EyePiece")):
        (tmp_path / device).mkdir()
        (tmp_path / device / "name").write_text(f"{name}\n", encoding="utf-8")
    (tmp_path / "video3").mkdir()
    found = cameras("linux", tmp_path)
    assert found.names == ("HD Webcam (/dev/video0)", "EyePiece (/dev/video2)")
    assert "makers' software" in cameras("linux", tmp_path / "none").line()


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        ("win32", "Integrated Camera\r\n\r\nMicroscope\r\n"),
        (
            "darwin",
            json.dumps(
                {"SPCameraDataType": [{"_name": "Integrated Camera"}, {"_name": "Microscope"}]}
            ),
        ),
    ],
)
def test_others_are_asked_by_programs(platform: str, said: str) -> None:
    asked: list[Sequence[str]] = []

    def ask(command: Sequence[str]) -> str:
        asked.append(command)
        return said

    assert cameras(platform, ask=ask).names == ("Integrated Camera", "Microscope")
    assert len(asked) == 1
    assert cameras(platform, ask=lambda _: "").names == ()


def test_a_system_that_is_not_known() -> None:
    assert not cameras("aix").known
