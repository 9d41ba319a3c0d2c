"""Ctrl-C is raised where code can take it, once, and never within what has to be done as a whole."""

from __future__ import annotations

import gc
import importlib
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hil.cli.screen.interrupts import safe_interrupts
from hil.supervision import stop

PRESSES = """
import os, signal, time
print("importing", flush=True)
for _ in range(3):
    signal.raise_signal(signal.SIGINT)
whole = True
"""


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing was heard before, and the handler is the one that Python begins with."""
    monkeypatch.setattr(stop, "_heard_s", -1e9)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def wait() -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        time.sleep(0.01)


def press() -> None:
    signal.raise_signal(signal.SIGINT)


class Box:
    """Something to be collected."""


def in_a_weakref_callback() -> None:
    box = Box()
    ref = weakref.ref(box, lambda ref: press())
    del box
    gc.collect()
    assert ref() is None


class Dies:
    def __del__(self) -> None:
        press()
        DONE.append("died")


DONE: list[str] = []


def in_a_finaliser() -> None:
    Dies()
    assert DONE == ["died"], "to its end"
    DONE.clear()


@contextmanager
def closed() -> Iterator[None]:
    yield
    press()
    press()
    DONE.append("closed")


def in_a_close() -> None:
    with closed():
        pass
    assert DONE == ["closed"], "to its end"
    DONE.clear()


@pytest.mark.parametrize("where", [press, in_a_weakref_callback, in_a_finaliser, in_a_close])
def test_it_is_raised_once_afterwards_and_nothing_is_printed(
    where: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with safe_interrupts():
        with pytest.raises(KeyboardInterrupt):
            where()
            wait()
        press()  # the same wish
        time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_a_module_is_imported_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "presses.py").write_text(PRESSES, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with safe_interrupts(), pytest.raises(KeyboardInterrupt):
        importlib.import_module("presses")
        wait()
    assert sys.modules.pop("presses").whole


def test_what_is_never_done_is_cut_off_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.cli.screen.interrupts._LONGEST_S", 0.2)

    @contextmanager
    def never_closed() -> Iterator[None]:
        yield
        press()
        wait()

    with safe_interrupts(), pytest.raises(KeyboardInterrupt), never_closed():
        pass


def test_another_wish_is_heard_and_what_was_there_before_is_left_alone() -> None:
    with safe_interrupts():
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                press()
            stop._heard_s = -1e9
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    heard: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    with safe_interrupts():
        press()
    assert heard == [signal.SIGINT]


PROGRAM = """
import sys, threading, time
from hil.cli.main import main
threading.Thread(target=lambda: time.sleep(600)).start()  # as a device's library may
sys.modules["hil.cli.main"]._END_S = 0.5
main()
"""


def test_threads_that_never_end_do_not_hold_up_the_end(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py", "--version"],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


OTHERS = [
    pytest.param(getattr(signal, name, signal.SIGINT), id=name)
    for name in ("SIGTERM", "SIGHUP")
    if hasattr(signal, name)
]


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """Another signal that asks for an end, at which a process dies unless it does something."""
    number: signal.Signals = request.param
    before = signal.signal(number, signal.SIG_DFL)
    yield number
    signal.signal(number, before)


def test_who_is_terminated_ends_in_good_order(other: signal.Signals) -> None:
    with safe_interrupts():
        with pytest.raises(KeyboardInterrupt, match=r"terminated|closed"):
            signal.raise_signal(other)
        signal.raise_signal(other)  # the same wish
    assert signal.getsignal(other) == signal.SIG_DFL


def test_what_has_to_be_done_as_a_whole_is_not_cut_off_by_it(other: signal.Signals) -> None:
    done: list[str] = []

    @contextmanager
    def closing() -> Iterator[None]:
        yield
        signal.raise_signal(other)
        done.append("closed")

    with safe_interrupts(), pytest.raises(KeyboardInterrupt, match=r"terminated|closed"):
        with closing():
            pass
        assert done == ["closed"]
        wait()


def test_also_where_ctrl_c_is_ignored(other: signal.Signals) -> None:
    """As in the background of a script."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    done: list[str] = []

    @contextmanager
    def closing() -> Iterator[None]:
        yield
        signal.raise_signal(other)
        done.append("closed")

    with safe_interrupts():
        with pytest.raises(KeyboardInterrupt):
            with closing():
                pass
            wait()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_who_ignores_it_goes_on_so(other: signal.Signals) -> None:
    signal.signal(other, signal.SIG_IGN)
    with safe_interrupts():
        signal.raise_signal(other)
    assert signal.getsignal(other) == signal.SIG_IGN
