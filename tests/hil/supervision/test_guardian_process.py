"""Who is dead: a process that its parent has not reaped is, a living one with its number is not."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from hil.supervision.guardian_process import is_gone
from tests.hil.session_bench import wait_for


@pytest.fixture
def child() -> tuple[subprocess.Popen[bytes], float]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    return process, psutil.Process(process.pid).create_time()


def test_a_living_process_is_not_gone(child: tuple[subprocess.Popen[bytes], float]) -> None:
    process, created = child
    assert not is_gone(process.pid, created)
    process.communicate(b"\n")


def test_a_process_that_nobody_has_reaped_is_gone(
    child: tuple[subprocess.Popen[bytes], float],
) -> None:
    process, created = child
    process.kill()
    wait_for(lambda: is_gone(process.pid, created), 10)
    process.communicate()
    assert is_gone(process.pid, created)


def test_another_process_with_its_number_is_not_taken_for_it() -> None:
    created = psutil.Process().create_time()
    assert not is_gone(os.getpid(), created)
    assert is_gone(os.getpid(), created - 3600)
