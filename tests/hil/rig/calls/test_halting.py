"""Stop reaches every device, whatever the others do with it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from hil.rig.calls.halting import HALT_S, Halting


def stopped(benches: Any) -> set[str]:
    return {label.removesuffix(" stopped") for label, _ in benches["Z"].log if "stopped" in label}


def test_every_device_is_told(benches: Any) -> None:
    Halting(benches).halt()
    assert stopped(benches) == set(benches)


@pytest.mark.parametrize("error", [OSError("no such port"), SystemExit(3), GeneratorExit()])
def test_a_stop_that_raises_keeps_no_other_going(
    benches: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def broken() -> None:
        raise error

    monkeypatch.setattr(benches["Z"], "stop", broken)
    Halting(benches).halt()
    assert stopped(benches) == set(benches) - {"Z"}


def test_a_stop_that_hangs_is_named_and_told_once(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, told = threading.Event(), []

    def hang() -> None:
        told.append(1)
        go.wait(30)

    monkeypatch.setattr(benches["Z"], "stop", hang)
    halting = Halting(benches)
    began_s = time.monotonic()
    halting.halt()
    assert time.monotonic() - began_s < HALT_S + 1.0
    assert halting.hanging() == ("Z",)
    halting.halt()
    assert len(told) == 1
    assert stopped(benches) == set(benches) - {"Z"}
    go.set()


@pytest.mark.usefixtures("no_threads")
def test_without_another_thread_every_device_is_told_all_the_same(benches: Any) -> None:
    Halting(benches).halt()
    assert stopped(benches) == set(benches)
