"""Who is dead: a process that its parent has not reaped is, a living one is not, whatever clocks say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from hil.supervision.guardian_process import is_gone
from tests.hil.session_bench import wait_for


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process


def test_a_living_process_is_not_gone(child: subprocess.Popen[bytes]) -> None:
    assert not is_gone(psutil.Process(child.pid))


def test_a_process_that_nobody_has_reaped_is_gone(child: subprocess.Popen[bytes]) -> None:
    found = psutil.Process(child.pid)
    child.kill()
    wait_for(lambda: is_gone(found), 10)
    child.wait()
    assert is_gone(found)
    assert is_gone(None)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a start is no sum with a boot time")
def test_a_boot_time_that_reads_otherwise_makes_nobody_dead(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = psutil.Process(child.pid)
    before = found.create_time()
    boot_time = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot_time + 30)
    assert psutil.Process(child.pid).create_time() == pytest.approx(before + 30)
    assert not is_gone(found)


def test_another_process_with_its_number_is_not_taken_for_it(
    child: subprocess.Popen[bytes],
) -> None:
    found = psutil.Process(child.pid)
    child.kill()
    child.wait()
    assert is_gone(found)
    found._ident = (found.pid, -1.0)
    found._pid = psutil.Process().pid
    assert is_gone(found)
