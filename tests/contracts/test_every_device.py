"""Every device of the adapters that come with the tests: loaded, drafted, checked and parked.

What the core itself loads is drafted and checked; what it refuses is refused in its words, and with
the way to go on without. Which devices there are is asked of the adapters, a hub's among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import mm_test_adapters
import pymmcore
import pytest

from hil.cli.main import run
from hil.rig.rig import load_rig

HUBS = {"DemoCamera": "DHub", "SequenceTester": "THub"}
ADAPTERS = ("DemoCamera", "NotificationTester", "SequenceTester", "Utilities")
ABORTS = {("NotificationTester", "NTSyncStage"), ("NotificationTester", "NTSyncXYStage")}
"""Their adapter ends the process when they are initialized, whoever asks: an assertion of theirs."""
# One of each kind that devices of Utilities combine, and a name at two places of a wheel.
COMPANY = """\
Device,Camera,DemoCamera,DCam
Device,Second,DemoCamera,DCam
Device,DA,DemoCamera,D-DA
Device,Z,DemoCamera,DStage
Device,XY,DemoCamera,DXYStage
Device,Shutter,DemoCamera,DShutter
Device,Wheel,DemoCamera,DStateDevice
Device,Focus,DemoCamera,DAutoFocus
"""
READY = "Property,Core,Initialize,1\n"


def bare_core() -> pymmcore.CMMCore:
    core = pymmcore.CMMCore()
    core.setDeviceAdapterSearchPaths([mm_test_adapters.device_adapter_path()])
    return core


def devices() -> list[tuple[str, str]]:
    core = bare_core()
    found = {(adapter, name) for adapter in ADAPTERS for name in core.getAvailableDevices(adapter)}
    for adapter, hub in HUBS.items():
        core.loadDevice(adapter, adapter, hub)
        core.initializeDevice(adapter)
        found |= {(adapter, name) for name in core.getInstalledDevices(adapter)}
    core.reset()
    return sorted(found)


DEVICES = devices()


class Way(NamedTuple):
    """A way to load a device X."""

    name: str
    before: str
    after: str


def ways(adapter: str) -> list[Way]:
    hub = f"Device,Hub,{adapter},{HUBS[adapter]}\n" if adapter in HUBS else ""
    parent = "Parent,X,Hub\n" if hub else ""
    return [Way("alone", "", ""), Way("in company", hub + COMPANY, parent)]


CASES = [
    pytest.param(adapter, name, way, id=f"{adapter} {name} {way.name}")
    for adapter, name in DEVICES
    if (adapter, name) not in ABORTS
    for way in ways(adapter)
]


def loads(path: Path) -> bool:
    core = bare_core()
    try:
        core.loadSystemConfiguration(str(path))
    except (OSError, RuntimeError):
        return False
    finally:
        core.reset()
    return True


def test_there_are_devices_of_every_adapter() -> None:
    assert {adapter for adapter, _ in DEVICES} == set(ADAPTERS)
    assert {name for adapter, name in DEVICES if adapter == "SequenceTester"} > {"THub"}
    assert set(DEVICES) > ABORTS


@pytest.mark.parametrize(("adapter", "name", "way"), CASES)
def test_what_the_core_loads_is_drafted_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], adapter: str, name: str, way: Way
) -> None:
    config, rig = tmp_path / "x.cfg", tmp_path / "x.toml"
    text = f"{way.before}Device,X,{adapter},{name}\n{way.after}{READY}"
    config.write_text(text, encoding="utf-8")
    init = ["rig", "init", str(config), "-o", str(rig)]
    if loads(config):
        assert run(init) == 0, capsys.readouterr().err
        assert run(["rig", "check", str(rig)]) == 0, capsys.readouterr().err
        said = capsys.readouterr()
        assert said.err == ""
        assert "adapter " in said.out
        with load_rig(rig):
            pass  # leaving it parks, and raises where a lamp is not known to be out
    else:
        assert run(init) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: x.cfg: line {text.count(chr(10))}, {READY.strip()}: ")
        assert line.endswith('hil rig init --without "X"')
        assert not rig.exists()
        if way.before:
            assert run([*init, "--without", "X"]) == 0
            assert run(["rig", "check", str(rig)]) == 0
