"""Adapters by the names of their files, on every system; others' interfaces are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.errors import DeviceFault
from drivers.listing.micromanager import adapters, names_in
from drivers.micromanager import core


@pytest.mark.parametrize(
    "files",
    [
        ("mmgr_dal_Hamamatsu.dll", "mmgr_dal_ASI-Stage.dll", "MMCore.dll"),
        ("libmmgr_dal_Hamamatsu.so.0", "libmmgr_dal_ASI-Stage.so", "MMConfig_demo.cfg"),
        ("libmmgr_dal_Hamamatsu.dylib", "libmmgr_dal_ASI-Stage", "readme.txt"),
    ],
)
def test_names_of_libraries(tmp_path: Path, files: tuple[str, ...]) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert names_in(tmp_path) == ["ASI-Stage", "Hamamatsu"]


def test_what_is_installed_here_is_listed_and_the_demo_alone_is_said() -> None:
    found = adapters()
    assert "DemoCamera" in found.names
    assert f"device interface {core.interface()}" in found.line()
    assert "MMConfig_demo.cfg" in found.line()


def test_an_installation_of_a_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("libmmgr_dal_Hamamatsu.so.0", "scope.cfg"):
        (tmp_path / name).touch()
    other = tmp_path / "Micro-Manager-1.4"
    monkeypatch.setattr(core, "adapter_folders", lambda *_, **__: [tmp_path])
    monkeypatch.setattr(core, "other_installations", lambda: [other])
    found = adapters()
    assert (found.names, found.advice) == (("Hamamatsu",), "")
    assert "configurations scope.cfg" in found.told[0]
    assert f"{other} has adapters of another device interface" in found.told[1]


def test_without_any_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> list[Path]:
        raise DeviceFault("micromanager", "looking", "none")

    monkeypatch.setattr(core, "adapter_folders", none)
    monkeypatch.setattr(core, "other_installations", list)
    found = adapters()
    assert found.names == () and "mmcore install" in found.line()
    assert str(core.interface()) in found.advice
