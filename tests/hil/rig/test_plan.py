"""Drivers' kinds and options are checked before anything is connected."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hil.errors import InputError
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from tests.hil.small_session import RIG


def planned(folder: Path, text: str) -> Plan:
    (folder / "rig.toml").write_text(text, encoding="utf-8")
    return Plan(load_rig_file(folder / "rig.toml"))


def test_every_driver_has_its_kind(tmp_path: Path) -> None:
    plan = planned(tmp_path, RIG)
    assert len(plan.kinds) == len(plan.file.spec.driver) > 0


def test_an_unknown_kind_is_named_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"did you mean 'sim\.microscope'") as caught:
        planned(tmp_path, RIG.replace('"sim.microscope"', '"sim.microscop"'))
    assert caught.value.key == "driver.0.kind"


class Serial:
    """A kind of driver that names its hardware, twice where asked to."""

    def options(self, table: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
        return table

    def resources(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(options["ports"])


def test_hardware_that_two_drivers_name_is_told_before_either_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.rig.plan.driver_kind", lambda name: Serial())
    path = tmp_path / "rig.toml"
    driver = '[[driver]]\nkind = "serial"\nports = '
    path.write_text(f'name = "r"\n{driver}["COM1", "COM1"]\n{driver}["COM2"]\n', encoding="utf-8")
    file = load_rig_file(path)
    assert Plan(file).resources() == ("COM1", "COM2")
    assert Plan.problems(file) == []
    path.write_text(f'name = "r"\n{driver}["COM1"]\n{driver}["COM2", "COM1"]\n', encoding="utf-8")
    file = load_rig_file(path)
    with pytest.raises(InputError, match=r"driver\.1: COM1 is driver\.0's already"):
        Plan(file)
    assert [problem.key for problem in Plan.problems(file)] == ["driver.1"]


class Own(BaseException):
    """A library's own, which says nothing."""


class Broken(Serial):
    """One whose library raises what it likes where it is asked."""

    def __init__(self, where: str, error: BaseException) -> None:
        self.where = where
        self.error = error

    def options(self, table: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
        self.ask("options")
        return {"ports": ["COM1"]}

    def resources(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        self.ask("resources")
        return ("COM1",)

    def ask(self, where: str) -> None:
        if where == self.where:
            raise self.error


@pytest.mark.parametrize("where", ["loading", "options", "resources"])
@pytest.mark.parametrize(
    "error",
    [ImportError("libcam.so: no such file"), KeyError("port"), SystemExit(3), OSError(5), Own()],
)
def test_what_a_library_raises_before_it_is_opened_is_one_line(
    where: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken(where, error)

    def find(name: str) -> Any:
        broken.ask("loading")
        return broken

    monkeypatch.setattr("hil.rig.plan.driver_kind", find)
    with pytest.raises(InputError, match=rf"driver cannot be used: {type(error).__name__}") as told:
        planned(tmp_path, 'name = "r"\n[[driver]]\nkind = "serial"\n').resources()
    assert told.value.key.startswith("driver.0")


def test_ctrl_c_while_a_library_loads_stays_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken("options", KeyboardInterrupt())
    monkeypatch.setattr("hil.rig.plan.driver_kind", lambda name: broken)
    with pytest.raises(KeyboardInterrupt):
        planned(tmp_path, 'name = "r"\n[[driver]]\nkind = "serial"\n')
