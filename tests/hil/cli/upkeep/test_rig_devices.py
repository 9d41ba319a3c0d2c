"""Driver by driver of a rig file: found, not found and what to do, or not known before it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from drivers.listing import Listed
from hil.cli.main import run
from hil.cli.upkeep.rig_devices import rig_devices
from hil.spec import load_rig_file

CONFIG = """
Device,COM9,SerialManager,COM9
Device,Camera,HamamatsuHam,HamamatsuHam_DCAM
Device,Lamp,CoolLEDpE300,pE300
Property,Lamp,Port,COM9
"""
MICROMANAGER = 'kind = "micromanager"\nconfig = "scope.cfg"'
VISA = """
kind = "visa"
label = "supply"
resource = "USB0::1::2::a1::INSTR"
settings = [{ name = "volt_v", get = "VOLT?", set = "VOLT {value}", low = 0, high = 5 }]
"""

Say = Callable[..., dict[str, str]]


@pytest.fixture
def say(tmp_path: Path) -> Say:
    (tmp_path / "scope.cfg").write_text(CONFIG, encoding="utf-8")

    def said(listed: Mapping[str, Listed], *drivers: str) -> dict[str, str]:
        tables = "\n".join(f"[[driver]]\n{one}" for one in drivers)
        text = f'name = "scope"\ncamera = "Camera"\n{tables}\n[[park]]\nset = {{ "a.b" = 0 }}\n'
        (tmp_path / "rig.toml").write_text(text, encoding="utf-8")
        return dict(rig_devices(load_rig_file(tmp_path / "rig.toml"), listed))

    return said


def test_what_is_there_is_found(say: Say) -> None:
    listed = {
        "adapters": Listed(("HamamatsuHam", "SerialManager")),
        "serial": Listed(("COM9",)),
        "resources": Listed(("USB0::1::2::A1::INSTR",)),
    }
    told = say(listed, MICROMANAGER, VISA)
    assert told["driver.0"] == "micromanager: adapter HamamatsuHam found; COM9 found"
    assert told["driver.1"] == "visa: USB0::1::2::A1::INSTR found"


def test_what_is_not_there_is_said_with_what_is(say: Say) -> None:
    listed = {
        "adapters": Listed(("DemoCamera",), advice="install Micro-Manager"),
        "serial": Listed(("COM1",)),
        "resources": Listed(advice="PyVISA is not installed", known=False),
    }
    told = say(listed, MICROMANAGER, VISA, 'kind = "sim.microscop"', 'kind = "sim.microscope"')
    assert "adapter HamamatsuHam NOT FOUND: install Micro-Manager" in told["driver.0"]
    assert "COM9 NOT FOUND, there: COM1; switch it on" in told["driver.0"]
    assert told["driver.1"].endswith("not known: PyVISA is not installed")
    assert told["driver.2"].startswith("NOT FIT: ") and "sim.microscope" in told["driver.2"]
    assert "nothing to find" in told["driver.3"]


def test_the_folder_that_the_rig_names_counts(say: Say, tmp_path: Path) -> None:
    (tmp_path / "mm").mkdir()
    (tmp_path / "mm" / "mmgr_dal_HamamatsuHam.dll").touch()
    listed = {"adapters": Listed(("DemoCamera",)), "serial": Listed(("COM9",))}
    assert "HamamatsuHam found" in say(listed, f'{MICROMANAGER}\nadapters = "mm"')["driver.0"]
    assert "HamamatsuHam NOT F" in say(listed, MICROMANAGER)["driver.0"]
    assert "no folder" in say(listed, f'{MICROMANAGER}\nadapters = "none"')["driver.0"]


def test_a_file_that_is_no_rig_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", str(tmp_path / "none.toml")]) == 2
    told = capsys.readouterr()
    assert "none.toml" in told.err
    assert told.out == ""
