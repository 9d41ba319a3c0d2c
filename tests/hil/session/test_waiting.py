"""Whatever the loop waits for: dark after five seconds, a stop heard at once, and no death."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import hil.supervision.guardian
import hil.supervision.supervised
from hil.errors import StoreError
from hil.information import estimate as estimate_module
from hil.proposer import OptunaProposer
from hil.rig.driver_kinds import BUILT_IN
from hil.store import SqlStore
from hil.store.frames import files
from hil.supervision.stop import StopSwitch
from hil.supervision.watch import DARK_AFTER_S
from tests.hil.planted_rig import RIG, lit_mw, plant, wait_until_dark
from tests.hil.session_bench import Bench, n_complete, start, wait_for
from tests.hil.small_session import SESSION

assert estimate_module  # loaded here, not within a trial


@pytest.fixture
def lamp(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A small session on a lamp that can be watched."""
    for name in ("lamp", "microscope"):
        monkeypatch.setitem(BUILT_IN, f"planted.{name}", f"tests.hil.planted_rig:{name.upper()}")
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 3"))
    return bench


class Lights(threading.Thread):
    """Writes down when the lamp went on and off."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(daemon=True)
        self.bench = bench
        self.changes: list[tuple[float, float]] = []
        self.over = threading.Event()

    def run(self) -> None:
        last = -1.0
        while not self.over.wait(0.02):
            with contextlib.suppress(ValueError, IndexError):
                now_mw = lit_mw(self.bench.folder)
                if now_mw != last:
                    last = now_mw
                    self.changes.append((time.time(), now_mw))


@pytest.fixture
def lights(lamp: Bench) -> Iterator[Lights]:
    watching = Lights(lamp)
    watching.start()
    yield watching
    watching.over.set()
    watching.join()


def slow(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, seconds: float) -> list[float]:
    """Have a method take its time at its second call; give when that began."""
    real, calls, began = getattr(owner, name), iter(range(10_000)), []

    def work(*arguments: Any, **named: Any) -> Any:
        if next(calls) == 1:
            began.append(time.time())
            time.sleep(seconds)
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, work)
    return began


@pytest.mark.parametrize(
    ("owner", "name"),
    [(OptunaProposer, "propose"), (SqlStore, "captured"), (SqlStore, "finish")],
    ids=["sampler", "disk", "database"],
)
def test_the_sample_is_dark_before_long_and_the_trial_goes_on(
    owner: Any, name: str, lamp: Bench, lights: Lights, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = slow(monkeypatch, owner, name, DARK_AFTER_S + 1.5)
    result = lamp.run()
    assert (result.state, result.n_complete) == ("COMPLETE", 3)
    offs = [at for at, mw in lights.changes if mw == 0.0 and at > began[0]]
    assert offs[0] - began[0] < DARK_AFTER_S + 1.0
    assert [mw for at, mw in lights.changes if at > began[0]][:2] == [0.0, 5.0], "and lit again"


def test_frames_between_which_it_went_dark_are_lit(
    lamp: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk stalls in mid-trial: the fields that follow are measured as those before."""
    slow(monkeypatch, SqlStore, "frames", DARK_AFTER_S + 1.0)
    lamp.run(trials=2)
    with lamp.database() as database:
        means = [float(f.mean()) for f in database.frames("last", 0)]
    assert max(means) - min(means) < 0.2 * min(means)
    assert min(means) > 102.0, "the offset is 100"


def test_a_slow_ask_is_no_death(lamp: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real = hil.supervision.guardian.Orders
    monkeypatch.setattr(
        hil.supervision.supervised, "Orders", lambda **orders: real(**orders, hang_s=1.5)
    )
    slow(monkeypatch, OptunaProposer, "propose", 4.0)
    assert lamp.run().n_complete == 3


def test_a_stop_is_heard_while_the_database_does_not_answer(
    lamp: Bench, lights: Lights, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, stop, real = threading.Event(), StopSwitch(), SqlStore.finish
    pressed: list[float] = []
    monkeypatch.setattr("hil.session.waiting.STOP_AFTER_S", 3.0)

    def frozen(*arguments: Any, **named: Any) -> None:
        pressed.append(time.time())
        threading.Timer(0.3, stop.press, ["enough"]).start()
        go.wait(60)
        real(*arguments, **named)

    monkeypatch.setattr(SqlStore, "finish", frozen)
    with pytest.raises(StoreError, match=r"no answer for .* a stop was asked for: enough"):
        lamp.run(stop=stop)
    ended = time.time() - pressed[0]
    go.set()
    offs = [at for at, mw in lights.changes if mw == 0.0 and at > pressed[0]]
    assert offs[0] - pressed[0] < 1.3, "dark within a second of the stop"
    assert ended < 3.0 + 5.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends a process no SIGTERM")
def test_a_signal_is_heard_while_the_database_is_locked(bench: Bench) -> None:
    environ = plant(bench.folder)
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 500"))
    process = start(bench, "run", "session.toml", environ=environ)
    wait_for(lambda: n_complete(bench) >= 1)
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db", timeout=60)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(0.5)
        asked = time.time()
        process.terminate()
        assert wait_until_dark(bench.folder) - asked < 1.0
        process.communicate(timeout=60)
        assert time.time() - asked < 40.0
        connection.rollback()
    assert process.returncode in (1, 130)


def test_a_stop_while_the_disk_of_the_frames_hangs_leaves_no_session_running(
    lamp: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is well, and has the reason."""
    goes_on, stop, real = threading.Event(), StopSwitch(), files.write_chunk

    def write_chunk(*arguments: Any) -> None:
        stop.press("enough")
        goes_on.wait(60)
        real(*arguments)

    monkeypatch.setattr("hil.session.waiting.STOP_AFTER_S", 1.0)
    monkeypatch.setattr(files, "write_chunk", write_chunk)
    with pytest.raises(StoreError, match=r"no answer for .* a stop was asked for: enough"):
        lamp.run(stop=stop)
    assert lit_mw(lamp.folder) == 0.0
    goes_on.set()
    with lamp.database() as database:
        record = database.session("last")
    assert record.state == "FAILED"
    assert record.reason.endswith("a stop was asked for: enough")
    # Between fields it was dark, and so there; at the end it is written once the lamp is out.
    assert lamp.events()[-1] == "park"
