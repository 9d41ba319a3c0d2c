"""What a session starts is started once, and how long that took is said."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from enum import IntEnum
from types import SimpleNamespace
from typing import NoReturn

import psutil
import pytest

from hil.cli.upkeep import starts
from hil.supervision import guardian


def test_threads_start_or_it_says_that_they_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    assert re.fullmatch(r"20 start, [\d.]+ ms each", starts.device_threads())
    assert threading.active_count() == before

    def refused(_: object) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert "NOT FIT: can't start new thread" in starts.device_threads()


def test_a_guardian_is_started_and_ended() -> None:
    before = {one.pid for one in psutil.Process().children()}
    assert re.match(r"ready [\d.]+ s after its start", starts.guardian())
    assert {one.pid for one in psutil.Process().children()} == before


def test_a_guardian_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian, "READY_S", 0.0)
    assert "NOT FIT: no answer" in starts.guardian()

    def refused(*_: object, **__: object) -> NoReturn:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refused)
    assert starts.guardian().startswith("NOT FIT: it cannot be started")


@pytest.mark.parametrize(("pause_s", "coarse"), [(0.0011, False), (0.0156, True)])
def test_a_coarse_timer_is_said(
    monkeypatch: pytest.MonkeyPatch, pause_s: float, coarse: bool
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda _: now.__setitem__(0, now[0] + pause_s))
    said = starts.timer()
    assert said.startswith(f"a pause of 1 ms takes {1000 * pause_s:.1f} ms")
    assert ("coarse" in said) == coarse


class WindowsPriority(IntEnum):
    NORMAL_PRIORITY_CLASS = 32
    BELOW_NORMAL_PRIORITY_CLASS = 16384


@pytest.mark.parametrize(
    ("platform", "value", "said", "lowered"),
    [
        ("linux", 0, "nice 0", False),
        ("linux", -5, "nice -5", False),
        ("linux", 10, "nice 10", True),
        ("win32", WindowsPriority.NORMAL_PRIORITY_CLASS, "normal", False),
        ("win32", WindowsPriority.BELOW_NORMAL_PRIORITY_CLASS, "below normal", True),
    ],
)
def test_priority(
    monkeypatch: pytest.MonkeyPatch, platform: str, value: int, said: str, lowered: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(nice=lambda: value))
    told = starts.priority()
    assert told.split(":")[0] == said
    assert ("other programs go before it" in told) == lowered
