"""What is there is named with its version, what is not with the way to get it."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
import types
from pathlib import Path

import pytest

from hil.cli.main import run
from hil.report import installed

ROOT = Path(__file__).parents[3]


def lines(out: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in out.splitlines())


def test_every_extra_of_the_package_is_listed_with_all_that_it_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {k: v for k, v in project["optional-dependencies"].items() if k != "test"}
    brought = {
        extra: {re.split(r"[\[><=; ]", one)[0] for one in needed}
        for extra, needed in extras.items()
    }
    assert {extra: set(names) for extra, (_, names) in installed.EXTRAS.items()} == brought


def test_versions_are_those_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    told = lines(capsys.readouterr().out)
    assert f"pyvisa {importlib.metadata.version('pyvisa')}" in told["visa"]
    assert f"numpy {importlib.metadata.version('numpy')}" in told["core"]
    assert told["bmc"].startswith("not found: comes with Boston Micromachines' DM SDK")


def test_what_is_missing_is_named_with_the_way_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "pyvisa-py":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setitem(sys.modules, "bmc", types.ModuleType("bmc"))
    assert run(["doctor"]) == 0
    told = lines(capsys.readouterr().out)
    assert told["visa"].startswith('missing pyvisa-py: python -m pip install "hil-imaging[visa]"')
    assert told["bmc"].startswith("module bmc")
