"""What is said of a rig before it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hil
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


def leave_behind(folder: Path, url: str) -> None:
    """Kill who holds the rig of a folder; its parent, this process, does not ask how it ended."""
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom hil.locks.lock import locked\n"
        "from datetime import datetime, timezone\nfrom hil.rig.plan import Plan\n"
        "from hil.spec import load_rig_file\nfrom hil.supervision.lease import place_of\n"
        "name = load_rig_file(Path('rig.toml')).spec.name\n"
        "held = locked(f'rig {name!r}', 'controller', lambda: datetime.now(timezone.utc),"
        f" of=place_of({url!r}))\n"
        "with held:\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(hil.__file__).parents[1])},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline().strip() == b"held"
        process.kill()


def test_a_rig_whose_controller_and_guardian_were_killed_is_warned_of_until_it_is_parked(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"sqlite:///{(folder / 'own.db').as_posix()}"
    monkeypatch.setenv("HIL_DATABASE", url)
    said = "warning: who held this rig last was killed, and nobody has parked it since: hil park"
    assert run(["rig", "check", "rig.toml"]) == 0
    assert said not in capsys.readouterr().out
    leave_behind(folder, url)
    for _ in range(2):  # looking parks nothing
        assert run(["rig", "check", "rig.toml"]) == 0
        assert said in capsys.readouterr().out.splitlines()
    assert run(["park", "rig.toml"]) == 0
    assert "parked now" in caplog.text
    assert run(["rig", "check", "rig.toml"]) == 0
    assert said not in capsys.readouterr().out


@pytest.mark.parametrize(("left", "warned"), [("0", False), ("0.5", True)])
def test_a_park_that_leaves_light_on_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], left: str, warned: bool
) -> None:
    path = folder / "rig.toml"
    text = path.read_text(encoding="utf-8")
    dark = '"light.power_mw" = 0'
    assert text.count(dark) == 1
    path.write_text(text.replace(dark, f'"light.power_mw" = {left}'), encoding="utf-8")
    assert run(["rig", "check", "rig.toml"]) == 0
    said = "light.power_mw brings light, and [[park]] leaves it at 0.5, not at 0"
    assert (said in capsys.readouterr().out) is warned
