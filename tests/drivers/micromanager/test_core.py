"""Which Micro-Manager is used where several are installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import mm_test_adapters
import pytest

import drivers.micromanager.core
from drivers.errors import DeviceFault
from drivers.micromanager.core import Core, adapter_folders

BUNDLED = Path(mm_test_adapters.device_adapter_path()).resolve()


def found(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let pymmcore-plus find these, in its order: before application folders the bundled one."""

    def find_micromanager(return_first: bool = True) -> str | list[str] | None:
        names = [str(folder) for folder in folders]
        return (names[0] if names else None) if return_first else names

    monkeypatch.setattr(drivers.micromanager.core, "find_micromanager", find_micromanager)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "Micro-Manager-2.0"))


def test_an_installed_one_wins_over_the_bundled_demo(
    monkeypatch: pytest.MonkeyPatch, installed: Path
) -> None:
    found(monkeypatch, BUNDLED, installed)
    assert adapter_folders(None, demo=False) == [installed, BUNDLED]


def test_the_one_that_was_chosen_is_used_alone(
    monkeypatch: pytest.MonkeyPatch, installed: Path, tmp_path: Path
) -> None:
    found(monkeypatch, installed, BUNDLED)
    assert adapter_folders(None, demo=False) == [installed]
    assert adapter_folders(tmp_path, demo=False) == [tmp_path]


def test_one_of_another_version_is_passed_by(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found(monkeypatch, BUNDLED, tmp_path)  # without adapters that load
    assert adapter_folders(None, demo=False) == [BUNDLED]


def test_the_demo_is_the_bundled_one(monkeypatch: pytest.MonkeyPatch, installed: Path) -> None:
    found(monkeypatch, installed, BUNDLED)
    assert adapter_folders(None, demo=True) == [BUNDLED]


def test_none_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch)
    with pytest.raises(DeviceFault, match="mmcore install"):
        adapter_folders(None, demo=False)


def test_devices_of_an_installed_one_load(installed: Path) -> None:
    core = Core([installed])
    core.loadDevice("Z", "DemoCamera", "DStage")
    assert core.getDeviceLibrary("Z") == "DemoCamera"
    core.release()
    core.release()
