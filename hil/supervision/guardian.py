"""A small process that parks the rig when its controller dies or hangs.

It is started with the session and reads a pipe from the controller: first one line of JSON that
says what to do, then heartbeats. The end of the pipe without a farewell means that the controller
is dead; no heartbeat for long means that it hangs, and then it is ended first, since it may hold
the devices. Only then does the guardian open the rig, through a connection of its own, and park.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from hil.clock import Clock
from hil.records.session import SessionState

if TYPE_CHECKING:
    from hil.store import Database

_HEARTBEAT = b"heartbeat\n"
_FAREWELL = b"farewell\n"
_HEARTBEAT_EVERY_S = 0.5
HANG_S = 60.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What a guardian needs to know.

    Parameters
    ----------
    rig_path, rig_text
        The rig file as the session knows it.
    database, frames
        Where the park is written down, as the session was told; the URL goes through the pipe
        alone.
    session_id
        The session that is guarded; None for a calibration or a measurement outside of any.
    pid, created
        The controller's process, and when it began, so that no other is taken for it.
    hang_s
        Silence that counts as a hang, seconds.
    """

    rig_path: str
    rig_text: str
    database: str | None
    frames: str
    session_id: str | None
    pid: int
    created: float
    hang_s: float = HANG_S


class Guardian:
    """The controller's side: starts the process, sends heartbeats, and says farewell.

    Parameters
    ----------
    orders
        Sent once.
    progressing
        Whether the controller's device thread gets on; while it does not, no heartbeat is sent.
    """

    def __init__(self, orders: Orders, progressing: Callable[[], bool]) -> None:
        # A Ctrl-C in the terminal, or closing it, must reach the controller alone.
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "hil.supervision.guardian"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
            start_new_session=sys.platform != "win32",
        )
        self._progressing = progressing
        self._last_s = 0.0
        self.alive = True
        self._write(json.dumps(asdict(orders)).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(data)
            pipe.flush()
        except OSError:
            self.alive = False

    def heartbeat(self) -> None:
        """Say that the session goes on; cheap, called as often as one likes."""
        now_s = time.monotonic()
        if self.alive and now_s - self._last_s > _HEARTBEAT_EVERY_S and self._progressing():
            self._last_s = now_s
            self._write(_HEARTBEAT)

    def farewell(self) -> None:
        """Say that the rig is parked; the guardian ends without doing anything."""
        self._write(_FAREWELL)
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.close()
        except OSError:
            self.alive = False
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


# --- the guardian's own side ---------------------------------------------------------------------


class _Pipe:
    """Reads the pipe on a thread, so that silence can be noticed."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._heard = threading.Event()
        self.farewell = False
        self.ended = False

    def follow(self) -> None:
        for line in iter(self._stream.readline, b""):
            if line == _FAREWELL:
                self.farewell = True
                break
            self._heard.set()
        self.ended = True
        self._heard.set()

    def silent_for(self, seconds: float) -> bool:
        """Wait for a sign of life; whether there was none."""
        silent = not self._heard.wait(seconds)
        self._heard.clear()
        return silent


def main() -> None:
    """Keep watch over the controller at the other end of standard input."""
    orders = Orders(**json.loads(sys.stdin.buffer.readline()))
    pipe = _Pipe(sys.stdin.buffer)
    threading.Thread(target=pipe.follow, daemon=True).start()
    while not pipe.ended:
        if pipe.silent_for(orders.hang_s) and not pipe.ended:
            _end_process(orders)
            park_after(orders, f"the controller made no progress for {orders.hang_s:g} s")
            return
    if not pipe.farewell:
        park_after(orders, "the controller died")


def _end_process(orders: Orders) -> None:
    import psutil

    try:
        process = psutil.Process(orders.pid)
        if abs(process.create_time() - orders.created) < 1:
            process.kill()
            process.wait(timeout=10)
    except psutil.Error:
        return


def park_after(orders: Orders, why: str) -> None:
    """Park the rig through a fresh connection, and write it down; another holder is left alone."""
    from hil.clock import SystemClock
    from hil.errors import HilError, RigHeld
    from hil.rig.plan import Plan
    from hil.rig.rig import Rig
    from hil.spec import RigFile, RigSpec
    from hil.spec.load import parse
    from hil.store import open_database
    from hil.supervision.lease import hold
    from hil.supervision.recorded_park import park_recorded

    clock = SystemClock()
    path = Path(orders.rig_path)
    plan = Plan(RigFile(parse(RigSpec, orders.rig_text, path), orders.rig_text, path))
    database = None
    try:
        database = open_database(orders.database, frames=Path(orders.frames))
    except HilError:
        pass  # the lamp is more urgent than the record

    def record(kind: str, detail: Mapping[str, Any]) -> None:
        if database is not None:
            database.event(orders.session_id, kind, clock.now(), detail)

    try:
        with hold(plan, database, orders.session_id, "guardian", clock):
            try:
                rig = Rig(plan)
            except HilError as error:
                record("guardian_park", {"why": why, "failed": str(error)})
                raise
            try:
                park_recorded(rig, record, {"why": why}, kind="guardian_park")
            finally:
                rig.close()
            if database is not None and orders.session_id is not None:
                _mark_stale(database, orders.session_id, clock, why)
    except RigHeld:
        return  # somebody has taken the session up again, and parks when it ends
    finally:
        if database is not None:
            database.close()


def _mark_stale(database: Database, session_id: str, clock: Clock, why: str) -> None:
    """Write down that nobody runs the session any more, unless another controller does."""
    with database.store(session_id, controller="guardian", clock=clock) as store:
        if not any(alive for _, _, alive in store.open_trials()):
            store.session_state(SessionState.STALE, clock.now(), why)


if __name__ == "__main__":
    main()
