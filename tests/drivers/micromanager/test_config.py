from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pydantic
import pytest

from drivers.errors import ConfigError
from drivers.micromanager.config import ConfigFile, read_config
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


# --- read as the core reads it -------------------------------------------------------------------


def config(folder: Path, raw: bytes | str, *without: str) -> ConfigFile:
    path = folder / "rig.cfg"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return read_config(path, without)


def labels(found: ConfigFile) -> list[str]:
    return [device.label for device in found.devices]


class Read(NamedTuple):
    name: str
    raw: bytes
    labels: list[str]


@pytest.mark.parametrize(
    "case",
    [
        Read("byte-order mark", b"\xef\xbb\xbf" + DEMO.encode(), ["Camera", "Shutter"]),
        Read(
            "byte-order mark and CRLF",
            b"\xef\xbb\xbf" + DEMO.replace("\n", "\r\n").encode(),
            ["Camera", "Shutter"],
        ),
        Read("Latin-1", b"Device,Tisch-Z \xb5,DemoCamera,DStage\n", ["Tisch-Z µ"]),
        Read("a mark and Latin-1", b"\xef\xbb\xbfDevice,\xb5,DemoCamera,DStage\n", ["µ"]),
        Read("a comma at the end", b"Device,Z,DemoCamera,DStage,\n", ["Z"]),
        Read("commas in a row", b",Device,,Z,DemoCamera,DStage\n", ["Z"]),
        Read("stray words", b"some words\n  \nDevice,Z,DemoCamera,DStage\n", ["Z"]),
        Read("a letter that some take for a line's end", b"Device,a\x85b,D,S\n", ["a\x85b"]),
        Read("no line's end at the end", b"Device,Z,DemoCamera,DStage", ["Z"]),
        Read("blanks are the label's", b"Device,Z ,DemoCamera,DStage\n", ["Z "]),
    ],
    ids=lambda case: case.name,
)
def test_a_file_is_read_as_the_core_reads_it(tmp_path: Path, case: Read) -> None:
    assert labels(config(tmp_path, case.raw)) == case.labels


def test_utf_16_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="saved as UTF-16, allowed: UTF-8 or ANSI"):
        config(tmp_path, DEMO.encode("utf-16"))


def test_where_the_core_stops_reading_is_told(tmp_path: Path) -> None:
    long = "Property,Camera,Description," + 5000 * "x" + "\n"
    with pytest.raises(ConfigError, match="line 3: longer than 4099 bytes"):
        config(tmp_path, DEMO + long)
    found = config(tmp_path, "#" + long + DEMO)
    assert labels(found) == ["Camera", "Shutter"]
    assert not found.as_it_is


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    found = config(tmp_path, "# head\n\n" + DEMO + "Label,W,0,a\n", "Shutter")
    assert found.lines[2] == "Device,Camera,DemoCamera,DCam"
    assert found.lines[3] == ""
    assert found.lines[4] == "Label,W,0,a"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [(DEMO.encode(), True), (b"\xef\xbb\xbf" + DEMO.encode(), False), (b"Device,\xb5,A,B", False)],
)
def test_the_file_itself_is_loaded_where_it_says_the_same(
    tmp_path: Path, raw: bytes, plain: bool
) -> None:
    assert config(tmp_path, raw).as_it_is == plain


EVERY_WORD = """\
Device,Hub,DemoCamera,DHub
Device,Z,DemoCamera,DStage
Device,W,DemoCamera,DWheel
Device,All,Utilities,Multi Stage
Parent,Z,Hub
Property,Z,UseSequences,No
Property,Core,Initialize,1
Delay,Z,5
FocusDirection,Z,1
Property,Core,Focus,Z
Property,All,PhysicalStage-1,Z
Property,W,Note,Z
Label,W,0,Z
ConfigGroup,System,Startup,Z,Position,0
ConfigGroup,System,Startup,Core,Focus,Z
ConfigGroup,System,Startup,W,State,1
ConfigGroup,Focus,Near,Z,Position,3
"""


@pytest.mark.parametrize(
    ("without", "gone"),
    [("Z", [2, 5, 6, 8, 9, 10, 11, 14, 15]), ("Hub", [1, 5]), ("W", [3, 12, 13, 16])],
)
def test_what_needs_a_device_that_is_left_out_goes_with_it(
    tmp_path: Path, without: str, gone: list[int]
) -> None:
    found = config(tmp_path, EVERY_WORD, without)
    assert [n for n, line in enumerate(found.lines, 1) if not line] == [*gone, 18]


def test_leaving_out_what_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no device 'Shuter', allowed: Shutter"):
        config(tmp_path, DEMO, "Shuter")


def test_leaving_out_everything_leaves_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no device of rig\.cfg is left"):
        config(tmp_path, DEMO, "Camera", "Shutter")


def test_without_goes_with_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="without: goes with config"):
        KIND.options({"without": ["Camera"]}, tmp_path)


def test_what_places_are_called_is_found(tmp_path: Path) -> None:
    wheels = "Label,W,0,Empty\nLabel,W,1,FITC\nLabel,W,2,Empty\nLabel,V,0,Empty\nLabel,W,1,DAPI\n"
    found = config(tmp_path, DEMO + wheels)
    assert found.places() == {"W": ("Empty", "DAPI", "Empty"), "V": ("Empty",)}
