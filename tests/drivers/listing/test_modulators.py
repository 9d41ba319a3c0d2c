"""Modulators that slmsuite lists without opening one."""

from __future__ import annotations

import importlib.util
import sys
import types

import pytest

from drivers.listing.modulators import modulators


def library(monkeypatch: pytest.MonkeyPatch, module: str, name: str, found: object) -> None:
    class Panel:
        def __init__(self) -> None:
            raise AssertionError("opened")

        @staticmethod
        def info(verbose: bool = True) -> object:
            print("talks")
            if isinstance(found, Exception):
                raise found
            return found

    double = types.ModuleType(module)
    setattr(double, name, Panel)
    monkeypatch.setitem(sys.modules, f"slmsuite.hardware.slms.{module}", double)


def test_what_is_listed_and_what_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    library(monkeypatch, "santec", "Santec", [(2, "LCOS-SLM,SOC,8001")])
    library(monkeypatch, "screenmirrored", "ScreenMirrored", ImportError("pyglet not installed."))
    found = modulators()
    assert found.names == ("santec 2",)
    assert found.told == (
        "santec 2 (LCOS-SLM,SOC,8001)",
        "not asked: screen (pyglet not installed.)",
    )
    assert "meadowlark" in found.advice


def test_without_slmsuite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert 'pip install "hil-imaging[slm]"' in modulators().line()
