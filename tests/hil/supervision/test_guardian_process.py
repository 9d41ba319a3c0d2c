"""Who is dead: a process that its parent has not reaped is, a living one is not, whatever clocks say."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from hil.supervision import guardian_process
from hil.supervision.guardian import FAREWELL, HEARTBEAT, Orders
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


class Pauses:
    """What a controller says to a guardian whose machine is asleep for a while; it owns the time.

    Parameters
    ----------
    says
        At each look the seconds that pass, and the line that there is then.
    """

    def __init__(self, *says: tuple[float, bytes | None]) -> None:
        self._says = iter(says)
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def next(self, seconds: float) -> bytes | None:
        passed_s, line = next(self._says, (0.1, FAREWELL))
        self.now_s += passed_s
        return line


def watched(pauses: Pauses, monkeypatch: pytest.MonkeyPatch) -> str:
    ended: list[object] = []
    monkeypatch.setattr(guardian_process, "time", pauses)
    monkeypatch.setattr(guardian_process, "_end_process", ended.append)
    orders = Orders("rig.toml", "", None, "", None, os.getpid())
    why = guardian_process._watch(orders, pauses, lambda line: None)  # type: ignore[arg-type]
    assert bool(ended) == bool(why)
    return why


def test_a_pause_of_the_whole_machine_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped together, and gone on with: the controller's next heartbeat is a moment away."""
    beats = [(0.1, HEARTBEAT), (300.0, None), (0.1, None), (0.1, HEARTBEAT)]
    assert watched(Pauses(*beats), monkeypatch) == ""


def test_silence_that_is_listened_to_ends_who_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no progress" in watched(Pauses(*[(0.1, None)] * 250), monkeypatch)
    assert watched(Pauses(*[(0.1, None)] * 150), monkeypatch) == ""
    # also on a machine that lets it look every few seconds alone
    assert "no progress" in watched(Pauses(*[(4.0, None)] * 12), monkeypatch)


def test_before_anything_moves_silence_is_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices are opened, which takes as long as it takes."""
    orders = Orders("rig.toml", "", None, "", None, os.getpid(), moves=False)
    monkeypatch.setattr(guardian_process, "time", pauses := Pauses(*[(1.0, None)] * 100))
    assert guardian_process._watch(orders, pauses, lambda line: None) == ""  # type: ignore[arg-type]


def heard(*written: bytes) -> guardian_process._Input:
    return guardian_process._Input(io.BytesIO(b"".join(written)))


def test_other_orders_take_the_place_of_the_first() -> None:
    first = Orders("rig.toml", "", None, "", None, os.getpid(), moves=False)
    then = replace(first, moves=True)
    controller = heard(HEARTBEAT, then.line(), FAREWELL)
    assert guardian_process._watch(first, controller, lambda line: None) == ""
    line = controller.next(5)
    assert line == then.line()
    assert Orders(**json.loads(line)) == then
    assert guardian_process._watch(then, controller, lambda line: None) == ""
    assert controller.next(5) == b""


def test_half_a_line_is_the_end_of_who_wrote_it() -> None:
    orders = Orders("rig.toml", "", None, "", None, os.getpid())
    controller = heard(HEARTBEAT, orders.line()[:20])
    assert guardian_process._watch(orders, controller, lambda line: None) == "the controller died"
