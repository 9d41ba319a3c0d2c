"""What a session ran with."""

from __future__ import annotations

import importlib.metadata
import platform

import pytest

from hil.records.versions import versions


def test_python_libraries_and_devices_are_named() -> None:
    found = versions({"MMCore": "11.5"})
    assert found["python"] == platform.python_version()
    assert found["numpy"] == importlib.metadata.version("numpy")
    assert found["MMCore"] == "11.5"


def test_a_library_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.records.versions._LIBRARIES", ("numpy", "no-such-library"))
    assert set(versions({})) == {"python", "platform", "numpy"}
