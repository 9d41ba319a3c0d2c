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


UNREADABLE = """\
Device,Camera,DemoCamera,DCam
Device,DA,DemoCamera,D-DA
Device,Half,Utilities,DA XY Stage
Property,Core,Initialize,1
"""


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("", 0),
        ('[limits."Half.x_um"]\nlow = 0\nhigh = 1\n', 1),
        ('record = ["Half.x_um"]', 1),
    ],
    ids=["not needed", "limited", "recorded"],
)
def test_what_cannot_be_read_is_an_error_where_the_rig_file_needs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, status: int
) -> None:
    (tmp_path / "scope.cfg").write_text(UNREADABLE, encoding="utf-8")
    driver = '[[driver]]\nkind = "micromanager"\nconfig = "scope.cfg"\n'
    head = 'name = "scope"\ncamera = "Camera"\n'
    text = head + more + "\n" + driver if more.startswith("record") else head + driver + more
    (tmp_path / "scope.toml").write_text(text, encoding="utf-8")
    assert run(["rig", "check", str(tmp_path / "scope.toml")]) == status
    said = capsys.readouterr()
    told = said.err if status else said.out
    assert ("error: " if status else "warning: ") + "Half.x_um " in told
    assert "No DA Device selected" in told


def test_faults_on_purpose_do_not_hide_what_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scope.cfg").write_text(
        "Device,Camera,DemoCamera,DCam\nProperty,Core,Initialize,1\n"
        "ConfigGroup,Light,Gone,Ghost,State,1\n",
        encoding="utf-8",
    )
    (tmp_path / "scope.toml").write_text(
        'name = "scope"\ncamera = "Camera"\n[[driver]]\nkind = "faulty"\n'
        'around = { kind = "micromanager", config = "scope.cfg" }\n',
        encoding="utf-8",
    )
    assert run(["rig", "check", str(tmp_path / "scope.toml")]) == 0
    assert "warning: preset Gone of group Light is left out" in capsys.readouterr().out
