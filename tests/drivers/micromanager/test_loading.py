"""Configurations that the core takes only from a copy, and what is said of those that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from drivers.errors import DeviceFault
from drivers.micromanager.kind import KIND, MicroManagerConnection
from tests.drivers.conftest import Open

READY = "Property,Core,Initialize,1\n"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    connections: list[MicroManagerConnection] = []

    def open_(raw: bytes | str, *without: str) -> MicroManagerConnection:
        (tmp_path / "rig.cfg").write_bytes(raw.encode() if isinstance(raw, str) else raw)
        options = KIND.options({"config": "rig.cfg", "without": list(without)}, tmp_path)
        connections.append(KIND.open(options))
        return connections[-1]

    yield open_
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_byte_order_mark_hides_no_device(opened: Open, end: str) -> None:
    text = f"Device,Z,DemoCamera,DStage{end}Device,Y,DemoCamera,DStage{end}{READY}"
    connection = opened(b"\xef\xbb\xbf" + text.encode())
    assert list(connection.devices) == ["Z", "Y"]


def test_a_label_in_latin_1_is_one_label_everywhere(opened: Open) -> None:
    text = (
        f"Device,Tisch-Z µ,DemoCamera,DStage\nDevice,Rad,DemoCamera,DWheel\n{READY}"
        "Property,Core,Focus,Tisch-Z µ\nLabel,Rad,1,grün\n"
        "ConfigGroup,Fokus,nah,Tisch-Z µ,Position,3\nConfigGroup,Fokus,nah,Rad,Label,grün\n"
    )
    connection = opened(text.encode("latin-1"))
    assert list(connection.devices) == ["Tisch-Z µ", "Rad", "Preset"]
    connection.devices["Preset"].start({"Preset.Fokus": "nah"})
    connection.devices["Preset"].settle(5.0)
    assert connection.devices["Tisch-Z µ"].read("Tisch-Z µ.position_um") == 3.0
    assert connection.devices["Rad"].read("Rad.Label") == "grün"
    assert connection.warnings == ()


class Refused(NamedTuple):
    name: str
    text: str
    says: str
    leave_out: str


REFUSED = [
    Refused(
        "an adapter that is missing",
        "Device,Cam,NoSuchAdapter,Cam\n" + READY,
        r'line 2, Device,Cam,NoSuchAdapter,Cam: Failed to load device adapter "NoSuchAdapter"',
        "Cam",
    ),
    Refused(
        "a device that its adapter does not have",
        "Device,Cam,DemoCamera,Nope\n" + READY,
        r"line 2, Device,Cam,DemoCamera,Nope: .*failed to instantiate",
        "Cam",
    ),
    Refused(
        "a device that is not attached",
        "Device,T,SequenceTester,TCamera-0\n" + READY,
        r'line 3, Property,Core,Initialize,1: Error in device "T": ',
        "T",
    ),
    Refused(
        "a property that is gone",
        "Device,Cam,DemoCamera,DCam\n" + READY + "Property,Cam,Gone,1\n",
        r'line 4, Property,Cam,Gone,1: Error in device "Cam": Invalid property name',
        "Cam",
    ),
    Refused(
        "a line about no device",
        READY + "Property,Ghost,Mode,1\n",
        r'line 3, Property,Ghost,Mode,1: No device with label "Ghost"',
        "Ghost",
    ),
    Refused(
        "a role for no device",
        READY + "Property,Core,Shutter,Ghost\n",
        r"line 3, Property,Core,Shutter,Ghost: Cannot set Core property Shutter",
        "Ghost",
    ),
    Refused(
        "a start-up of no device",
        READY + "ConfigGroup,System,Startup,Ghost,State,1\n",
        r'rig.cfg: No device with label "Ghost"',
        "Ghost",
    ),
    Refused("an old keyword", READY + "Equipment,A,B\n", r"line 3, Equipment,A,B: Invalid", ""),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_the_core_refuses_is_told_with_its_line(opened: Open, case: Refused) -> None:
    text = "Device,Z,DemoCamera,DStage\n" + case.text
    with pytest.raises(DeviceFault, match=r"^micromanager: loading rig.cfg: ") as caught:
        opened(text)
    said = str(caught.value)
    assert "\n" not in said
    caught.match(case.says)
    hint = f'without = ["{case.leave_out}"] in [[driver]], or hil rig init --without'
    assert (hint in said) == bool(case.leave_out)
    if case.leave_out:
        assert "Z" in opened(text, case.leave_out).devices


def test_words_of_an_adapter_in_its_code_page_are_told(opened: Open) -> None:
    """An adapter is named by the file here: its name comes back in the core's message."""
    with pytest.raises(DeviceFault, match="Gerät"):
        opened("Device,Z,DemoCamera,Gerät\n".encode("latin-1"))
