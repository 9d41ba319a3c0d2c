"""What is said of a rig before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run


def test_rig_check_shows_every_setting(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rig", "check", "rig.toml"]) == 0
    out = capsys.readouterr().out
    for words in ("mirror.z11_nm", "-300 to 300", "camera.exposure_ms", "1, 2, 4", "torch "):
        assert words in out
    assert not list(folder.glob("hil.db*"))
