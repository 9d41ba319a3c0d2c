"""What `hil rig init` writes; every file that it writes is one that `hil rig check` takes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.protocol import Setting
from hil.cli.main import run
from hil.errors import InputError, RigError
from hil.rig.draft import Draft, _limit, draft

READY = "Property,Core,Initialize,1\n"
CAMERA = "Device,Camera,DemoCamera,DCam\n"
Drafted = Callable[..., tuple[dict[str, Any], Draft]]


@pytest.fixture
def drafted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Drafted:
    def draft_(raw: str | bytes, *without: str) -> tuple[dict[str, Any], Draft]:
        config = tmp_path / "scope.cfg"
        config.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        made = draft(config, tmp_path / "scope.toml", without)
        (tmp_path / "scope.toml").write_text(made.text, encoding="utf-8")
        assert run(["rig", "check", str(tmp_path / "scope.toml")]) == 0
        return tomllib.loads(made.text), made

    return draft_


def test_stages_and_lamps_without_a_camera_are_drafted(
    drafted: Drafted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, made = drafted("Device,Z,DemoCamera,DStage\nDevice,Lamp,DemoCamera,DShutter\n" + READY)
    assert "camera" not in table
    assert "Z.position_um" in table["limits"]
    assert table["park"] == [{"set": {"Lamp.State": 0}}]
    assert made.warnings == ("there is no camera in it: add a [[driver]] that has one",)
    assert "warning: no camera" in capsys.readouterr().out
    assert run(["park", str(tmp_path / "scope.toml")]) == 0


def test_the_camera_may_come_from_another_driver(
    drafted: Drafted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, made = drafted("Device,Z,DemoCamera,DStage\n" + READY)
    text = made.text.replace('# camera = "..."', 'camera = "camera"').replace(
        '# [[driver]]                       # the one with the camera\n# kind = "..."',
        '[[driver]]\nkind = "sim.microscope"',
    )
    (tmp_path / "both.toml").write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert run(["rig", "check", str(tmp_path / "both.toml")]) == 0
    out = capsys.readouterr().out
    assert "camera.exposure_ms" in out
    assert "Z.position_um" in out
    assert "no camera" not in out


def test_of_several_cameras_the_choice_is_told(drafted: Drafted) -> None:
    table, made = drafted(
        CAMERA + "Device,Second,DemoCamera,DCam\n" + READY + "Property,Core,Camera,Second\n"
    )
    assert table["camera"] == "Second"
    assert made.warnings == ("the camera is Second; there are also Camera",)
    assert "# warning: the camera is Second" in made.text


def test_the_present_pixel_size_is_offered(drafted: Drafted) -> None:
    table, made = drafted(
        CAMERA + READY + "ConfigPixelSize,Res,Camera,Binning,1\nPixelSize_um,Res,0.325\n"
    )
    assert table["optics"] == {"pixel_size_um": 0.325}
    assert "pixel size preset 'Res', which holds now" in made.text


# An XY stage of two outputs that has been given one.
HALF = "Device,DA,DemoCamera,D-DA\nDevice,Half,Utilities,DA XY Stage\n"


def test_what_cannot_be_read_is_left_out_and_told(
    drafted: Drafted, capsys: pytest.CaptureFixture[str]
) -> None:
    table, made = drafted(CAMERA + HALF + "Device,Z,DemoCamera,DStage\n" + READY)
    assert list(table["limits"]) == ["Z.position_um"]
    assert [warning.partition(":")[0] for warning in made.warnings] == [
        "Half.x_um is left out",
        "Half.y_um is left out",
    ]
    assert "No DA Device selected" in made.warnings[0]
    out = capsys.readouterr().out
    assert f"warning: {made.warnings[0]}" in out
    assert "Half.x_um moves" not in out


def test_a_stage_that_stands_anywhere_is_written() -> None:
    for here in (1e306, -1e306, 5e-324, 12.3456789):
        text = _limit(Setting("Z.position_um", "float"), here)
        limit = tomllib.loads(text)["limits"]["Z.position_um"]
        assert limit["low"] <= here <= limit["high"]


def test_a_preset_of_a_device_that_is_gone_is_left_out_and_told(
    drafted: Drafted, capsys: pytest.CaptureFixture[str]
) -> None:
    _, made = drafted(
        CAMERA
        + READY
        + "ConfigGroup,Size,Gone,Ghost,State,1\nConfigGroup,Size,Big,Camera,Binning,1\n"
    )
    assert made.warnings == ("preset Gone of group Size is left out: there is no device 'Ghost'",)
    assert f"warning: {made.warnings[0]}" in capsys.readouterr().out


def test_what_is_not_initialized_is_told(drafted: Drafted) -> None:
    with pytest.raises(RigError, match=r"uninitialized device; .* Property,Core,Initialize,1"):
        drafted(CAMERA + "Device,Z,DemoCamera,DStage\n")


def test_a_label_in_latin_1_is_found_again(
    drafted: Drafted, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CAMERA + "Device,Tisch-Z \xb5,DemoCamera,DStage\n" + READY
    table, _ = drafted(text.encode("latin-1"))
    assert list(table["limits"]) == ["Tisch-Z µ.position_um"]
    assert "Tisch-Z µ.position_um" in capsys.readouterr().out


@pytest.mark.parametrize("byte", [0x07, 0x1C, 0x7F, 0x81, 0x85, 0xA0])
def test_awkward_letters_of_a_label_are_written_so_that_they_are_read(
    drafted: Drafted, byte: int
) -> None:
    label = b"Z" + bytes([byte]) + b"e"
    table, _ = drafted(
        CAMERA.encode() + b"Device," + label + b",DemoCamera,DStage\n" + READY.encode()
    )
    assert list(table["limits"]) == [label.decode("latin-1") + ".position_um"]


def test_a_device_is_left_out_for_good(drafted: Drafted) -> None:
    text = CAMERA + 'Device,Gone "B",NoSuchAdapter,X\n' + READY + 'Label,Gone "B",0,a\n'
    with pytest.raises(RigError, match=r"line 2, .*NoSuchAdapter"):
        drafted(text)
    table, _ = drafted(text, 'Gone "B"')
    assert table["driver"][0]["without"] == ['Gone "B"']


def test_leaving_out_what_is_not_there_is_refused(drafted: Drafted) -> None:
    with pytest.raises(InputError, match=r"--without: scope\.cfg has no device 'Camra', allowed"):
        drafted(CAMERA + READY, "Camra")
