"""Ports and resources as their libraries list them; what is missing is named with its extra."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
import pyvisa
from serial.tools import list_ports

from drivers.listing.instruments import resources, serial_ports


def port(device: str, **known: str) -> SimpleNamespace:
    fields = dict.fromkeys(("description", "manufacturer", "serial_number"))
    return SimpleNamespace(device=device, **(fields | known))


def test_ports_carry_what_the_system_knows_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        port("COM7", description="USB Serial", serial_number="A1"),
        port("COM1", description="n/a"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: found)
    assert serial_ports().names == ("COM1", "COM7")
    assert serial_ports().told == ("COM1", "COM7 (USB Serial, A1)")


@pytest.mark.parametrize(("system", "said"), [("linux", "dialout"), ("win32", "Device Manager")])
def test_without_ports(monkeypatch: pytest.MonkeyPatch, system: str, said: str) -> None:
    monkeypatch.setattr(list_ports, "comports", list)
    monkeypatch.setattr(sys, "platform", system)
    assert said in serial_ports().line()


@pytest.mark.parametrize(
    ("made", "missing"), [(serial_ports, "serial.tools.list_ports"), (resources, "pyvisa")]
)
def test_a_library_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, made: Any, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert not made().known
    assert 'pip install "hil-imaging[visa]"' in made().line()


class Manager:
    def __init__(self, names: tuple[str, ...]) -> None:
        self._names, self.closed = names, False

    def list_resources(self, query: str) -> tuple[str, ...]:
        return self._names

    def open_resource(self, *_: object) -> None:
        raise AssertionError("opened")

    def close(self) -> None:
        self.closed = True


def test_resources_of_both_libraries_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {
        "@ivi": Manager(("GPIB0::5::INSTR", "USB0::1::2::A::INSTR")),
        "@py": Manager(("USB0::1::2::A::INSTR", "ASRL3::INSTR")),
    }
    monkeypatch.setattr(pyvisa, "ResourceManager", made.__getitem__)
    found = resources()
    assert found.names == ("GPIB0::5::INSTR", "USB0::1::2::A::INSTR", "ASRL3::INSTR")
    assert found.told[1] == "USB0::1::2::A::INSTR (@ivi)"
    assert all(one.closed for one in made.values())


def test_one_library_is_enough_and_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_py(backend: str) -> Manager:
        if backend == "@ivi":
            raise ValueError("Could not locate a VISA implementation")
        return Manager(())

    monkeypatch.setattr(pyvisa, "ResourceManager", only_py)
    assert resources().known and "switch the instrument on" in resources().line()

    def none(backend: str) -> Manager:
        raise OSError("no library")

    monkeypatch.setattr(pyvisa, "ResourceManager", none)
    assert not resources().known and "NI-VISA" in resources().line()
