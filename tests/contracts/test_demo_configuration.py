"""The demo's own configuration: as it is shipped, as editors save it, and less one device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mm_test_adapters
import pymmcore
import pytest

from drivers.micromanager.config import read_config
from hil.cli.main import run

ADAPTERS = Path(mm_test_adapters.device_adapter_path())
DEMO = ADAPTERS / "MMConfig_demo.cfg"
LABELS = [device.label for device in read_config(DEMO).devices]


Drafted = Callable[..., str]


@pytest.fixture
def drafted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Drafted:
    def draft_(raw: bytes, *options: str) -> str:
        """Draft and check; return what is said, warnings and settings."""
        config, rig = tmp_path / "demo.cfg", tmp_path / "demo.toml"
        config.write_bytes(raw)
        for command in (
            ["init", str(config), "-o", str(rig), "--force", *options],
            ["check", str(rig)],
        ):
            assert run(["rig", *command]) == 0, capsys.readouterr().err
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    return draft_


def settings(said: str) -> set[str]:
    return {line.split("  ")[0] for line in said.splitlines() if "  " in line}


def test_nothing_of_it_is_left_out(drafted: Drafted) -> None:
    said = drafted(DEMO.read_bytes())
    assert "left out" not in said
    assert {"Camera.Gain", "Objective.Label", "Preset.Channel", "XY.x_um"} <= settings(said)


SAVED = {
    "with a byte-order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "by Windows": lambda raw: raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "with both": lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"),
    "in a code page": lambda raw: raw + b"# \xb5m\n",
    "with a comma at the end of each device": lambda raw: b"\n".join(
        line + b"," if line.startswith(b"Device,") else line for line in raw.splitlines()
    ),
    "with stray words": lambda raw: b"my microscope, upstairs\n" + raw + b"and so on",
}


@pytest.mark.parametrize("way", SAVED)
def test_however_it_is_saved_it_is_the_same_rig(drafted: Drafted, way: str) -> None:
    plain = settings(drafted(DEMO.read_bytes()))
    assert settings(drafted(SAVED[way](DEMO.read_bytes()))) == plain


def test_what_the_core_saves_is_drafted(drafted: Drafted, tmp_path: Path) -> None:
    core = pymmcore.CMMCore()
    core.setDeviceAdapterSearchPaths([str(ADAPTERS)])
    core.loadSystemConfiguration(str(DEMO))
    core.saveSystemConfiguration(str(tmp_path / "saved.cfg"))
    core.reset()
    said = drafted((tmp_path / "saved.cfg").read_bytes())
    assert "left out" not in said


@pytest.mark.parametrize("label", LABELS)
def test_it_works_without_any_one_of_its_devices(drafted: Drafted, label: str) -> None:
    said = drafted(DEMO.read_bytes(), "--without", label)
    names = settings(said)
    assert not [name for name in names if name.startswith(f"{label}.")]
    silent = ("DHub", "Autofocus")  # which have no settings
    others = [device for device in LABELS if device not in (label, *silent)]
    assert {name.rpartition(".")[0] for name in names} >= set(others)
