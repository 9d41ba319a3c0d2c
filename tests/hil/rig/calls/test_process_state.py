"""What a driver changes of the process is undone; what overlaps does not keep another's change."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from hil.rig.calls.process_state import ProcessKept, process_kept_while_loading

CLOSES = """
import os, sys
from hil.rig.calls.process_state import ProcessKept, process_kept_while_loading
with process_kept_while_loading():
    pass
with ProcessKept():
    sys.stdout.close()
    os.close(2)
print("heard")
print("heard too", file=sys.stderr)
opened = os.open("a.txt", os.O_CREAT | os.O_RDWR)
assert opened > 2
"""


def test_what_closes_standard_output_silences_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSES], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "heard\n", "heard too\n")


def test_rig_after_rig_leaves_no_file_open() -> None:
    def load() -> None:
        with process_kept_while_loading(), ProcessKept():
            pass

    load()  # what is kept of the outputs is kept for the life of the process
    lowest = _lowest_free()
    for _ in range(3):
        load()
    assert _lowest_free() == lowest


def _lowest_free() -> int:
    number = os.dup(0)
    os.close(number)
    return number


def test_of_two_at_work_neither_keeps_what_the_other_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    changed, entered = threading.Event(), threading.Event()

    def first() -> None:
        with ProcessKept():
            os.chdir("elsewhere")
            warnings.simplefilter("error", ResourceWarning)
            changed.set()
            entered.wait(10)

    before = [entry for entry in warnings.filters if entry[0] == "error"]
    thread = threading.Thread(target=first)
    thread.start()
    changed.wait(10)
    with ProcessKept():
        entered.set()
        thread.join()
        assert Path.cwd() == tmp_path
    assert Path.cwd() == tmp_path
    assert [entry for entry in warnings.filters if entry[0] == "error"] == before


def test_a_mask_is_put_back() -> None:
    mask = os.umask(0o022)
    try:
        with process_kept_while_loading():
            os.umask(0)
        with ProcessKept():
            os.umask(0)
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(mask)


def test_a_call_that_never_returns_does_not_hold_the_process_to_how_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProcessKept() as hangs:
        hangs.leave_behind()
        monkeypatch.chdir(tmp_path)  # by the program, long after
        with ProcessKept():
            pass
        assert Path.cwd() == tmp_path
    assert Path.cwd() == tmp_path
