from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pydantic
import pytest

from drivers.errors import ConfigError
from drivers.micromanager.kind import KIND

DEMO = "Device,Camera,DemoCamera,DCam\nDevice,Shutter,Utilities,State Device Shutter\n"


def resources(folder: Path, text: str, name: str = "rig.cfg") -> tuple[str, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return KIND.resources(KIND.options({"config": name}, folder))


class Refused(NamedTuple):
    text: str
    problem: str


@pytest.mark.parametrize(
    "case",
    [
        Refused("", "no Device line"),
        Refused("# only a comment\n", "no Device line"),
        Refused("Property,Core,Initialize,0\n", "no Device line"),
        Refused(DEMO + "Device,Z,DemoCamera\n", "line 3: allowed: Device,LABEL,ADAPTER,NAME"),
        Refused('[driver]\nkind = "micromanager"\n', "line 1: not a line"),
    ],
    ids=lambda case: case.problem,
)
def test_what_is_no_configuration_is_refused_from_the_file(tmp_path: Path, case: Refused) -> None:
    with pytest.raises(ConfigError, match=case.problem) as caught:
        resources(tmp_path, case.text)
    assert caught.value.key == "config"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no file '.*nowhere.cfg'"):
        KIND.options({"config": "nowhere.cfg"}, tmp_path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        KIND.options({"config": "."}, tmp_path)


def test_a_missing_adapter_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder") as caught:
        KIND.options({"adapters": "nowhere"}, tmp_path)
    assert caught.value.key == "adapters"


@pytest.mark.parametrize("table", [{"cfg": "a.cfg"}, {"buffer_mb": 0}, {"buffer_mb": "much"}])
def test_options_are_strict(tmp_path: Path, table: dict[str, object]) -> None:
    with pytest.raises(pydantic.ValidationError):
        KIND.options(table, tmp_path)


def test_paths_start_at_the_rig_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.cfg").write_text(DEMO, encoding="utf-8")
    options = KIND.options({"config": "sub/a.cfg"}, tmp_path)
    assert options.config == (tmp_path / "sub" / "a.cfg").resolve()


def test_a_configuration_in_the_systems_code_page_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_bytes("Device,Gerät,DemoCamera,DStage\n".encode("latin-1"))
    assert KIND.resources(KIND.options({"config": "a.cfg"}, tmp_path)) == ()


class Hardware(NamedTuple):
    name: str
    text: str
    names: tuple[str, ...]


@pytest.mark.parametrize(
    "case",
    [
        Hardware("demo devices are no hardware", DEMO, ()),
        Hardware(
            "a camera is its adapter and name",
            DEMO + "Device,Cam,PCO_Camera,pco.camera\n",
            ("micromanager:PCO_Camera:pco.camera",),
        ),
        Hardware(
            "what hangs on a serial port is the port",
            "Device,COM3,SerialManager,COM3\nDevice,XY,ASIStage,XYStage\nProperty,XY,Port,COM3\n",
            ("serial:COM3",),
        ),
        Hardware(
            "what hangs on a hub is the hub",
            "Device,Hub,NikonTI,TIScope\nDevice,Z,NikonTI,TIZDrive\nParent,Z,Hub\n",
            ("micromanager:NikonTI:TIScope",),
        ),
    ],
    ids=lambda case: case.name,
)
def test_hardware_is_named(tmp_path: Path, case: Hardware) -> None:
    assert resources(tmp_path, case.text) == case.names


def test_two_files_that_reach_one_camera_name_it_alike(tmp_path: Path) -> None:
    here = resources(tmp_path, "Device,Cam,PCO_Camera,pco.camera\n", "a.cfg")
    there = resources(tmp_path, "Device,Kamera,PCO_Camera,pco.camera\n" + DEMO, "b.cfg")
    assert here == there != ()


def test_the_default_has_no_hardware(tmp_path: Path) -> None:
    assert KIND.resources(KIND.options({}, tmp_path)) == ()
