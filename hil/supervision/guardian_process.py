"""What a guardian does: it waits, warm, and parks when its controller dies or hangs.

On standard input come orders, one line of JSON, then heartbeats, then a farewell, after which other
orders may come. The end of the input without a farewell, or a process that is dead, means that the
controller is gone; silence for long means that it hangs, and then it is ended first, since it may
hold the devices. The lamp comes first, and afterwards what is written down.
"""

from __future__ import annotations

import importlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

import psutil

from hil.clock import SystemClock
from hil.errors import HilError, InputError, RigHeld, StoreError
from hil.records.session import SessionState
from hil.rig.plan import Plan
from hil.spec import RigFile, RigSpec
from hil.spec.load import parse
from hil.store import Database, open_database
from hil.supervision.driver_by_driver import DriversParked, park_driver_by_driver
from hil.supervision.guardian import ALIVE, BEAT_S, FAREWELL, HEARTBEAT, READY, UNFIT, Orders
from hil.supervision.lease import hold, lease, place_of

# A guardian without orders ends after this time; the next work starts another.
_IDLE_S = 60.0
_LOOK_S = 0.1
# A longer pause between two looks tells nothing of the controller: this process did not run either.
_GAP_S = 2.0
# A busy machine takes its time to end a process that was killed.
_DYING_S = 5.0
# How long the record of a park waits for a database that is locked or away.
_RECORD_S = 900.0


class _Input:
    """Reads what the controller says on a thread, so that silence is noticed."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.lines: SimpleQueue[bytes] = SimpleQueue()
        self._pipe = pipe
        self._again = b""
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        for line in iter(self._pipe.readline, b""):
            if line.endswith(b"\n"):  # else who wrote it died at that
                self.lines.put(line)
        self.lines.put(b"")

    def again(self, line: bytes) -> None:
        """Have a line come once more, before all others."""
        self._again = line

    def next(self, seconds: float) -> bytes | None:
        """Give the next line, empty at the end; None if none comes within that time."""
        line, self._again = self._again, b""
        if line:
            return line
        try:
            return self.lines.get(timeout=seconds)
        except Empty:
            return None


def main() -> None:
    """Keep watch over one controller after another, until there are no more orders."""
    pipe, say = _own_pipes()
    heard = _Input(pipe)
    charge = None
    while line := heard.next(_IDLE_S):
        if line in (HEARTBEAT, FAREWELL):
            continue
        charge = _charge(Orders(**json.loads(line)), charge)
        say(charge.answer)
        why = _watch(charge.orders, heard, say)
        if why:
            if charge.plan is not None:
                park_after(charge.orders, charge.plan, why)
            return


@dataclass(frozen=True, slots=True)
class _Charge:
    """What there is to watch, and how: the plan is None where the rig cannot be opened here."""

    orders: Orders
    plan: Plan | None
    answer: bytes


def _charge(orders: Orders, before: _Charge | None) -> _Charge:
    """Get warm for orders; those of a rig that it is warm for already take no time."""
    rig = orders.rig_path, orders.rig_text
    if before is not None and rig == (before.orders.rig_path, before.orders.rig_text):
        return replace(before, orders=orders)
    try:
        return _Charge(orders, _warm(orders), READY)
    except Exception as error:  # a driver that is not installed for this process, say
        return _Charge(orders, None, UNFIT + " ".join(str(error).split()).encode() + b"\n")


def _own_pipes() -> tuple[IO[bytes], Callable[[bytes], None]]:
    """Take the pipes to the controller away from what drivers' libraries print and ask for.

    After the controller's death whoever prints would fail, and the light stay on.
    """
    heard, said = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)

    def say(line: bytes) -> None:
        with suppress(OSError):  # whoever is gone will be noticed by the end of the input
            said.write(line)
            said.flush()

    return heard, say


def _warm(orders: Orders) -> Plan:
    """Read the rig file and import what its drivers need: seconds that a lamp would be on."""
    path = Path(orders.rig_path)
    plan = Plan(RigFile(parse(RigSpec, orders.rig_text, path), orders.rig_text, path))
    for kind, _ in plan.kinds:
        for module in getattr(kind, "imports", ()):
            importlib.import_module(module)
    return plan


def _watch(orders: Orders, heard: _Input, say: Callable[[bytes], None]) -> str:
    """Wait for the controller's farewell, or say why it is to be parked for it.

    Other orders are as good as a farewell: they come again.
    """
    said_s = looked_s = time.monotonic()
    silent_s = 0.0
    process = _process(orders.pid)
    while True:
        line = heard.next(_LOOK_S)
        now_s = time.monotonic()
        if line == FAREWELL:
            return ""
        if line and line != HEARTBEAT:
            heard.again(line)
            return ""
        # Another process may hold the pipe open after the controller's death.
        if line == b"" or (line is None and is_gone(process)):
            return "the controller died"
        # Both may have been stopped, with their machine: silence counts while it is listened to.
        silent_s = 0.0 if line is not None else silent_s + min(now_s - looked_s, _GAP_S)
        looked_s = now_s
        if orders.moves and silent_s > orders.hang_s:
            _end_process(process)
            return f"the controller made no progress for {orders.hang_s:g} s"
        if now_s - said_s > BEAT_S:
            said_s = now_s
            say(ALIVE)


def _process(pid: int) -> psutil.Process | None:
    """Find a process while it lives, and know it from then on; None for one that is gone."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def is_gone(process: psutil.Process | None) -> bool:
    """Whether a process is dead; one that its parent has not reaped yet is.

    It is known by what it was when it was found, on the system's own count of time: a clock that is
    set, or a boot time that reads otherwise, does not make another of it.

    Parameters
    ----------
    process
        As it was found while it lived; None for one that was gone by then.
    """
    if process is None:
        return True
    try:
        ended = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        return ended or not process.is_running()
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _end_process(process: psutil.Process | None) -> None:
    if process is None or is_gone(process):
        return
    with suppress(psutil.Error):
        process.kill()
    deadline_s = time.monotonic() + 5
    while not is_gone(process) and time.monotonic() < deadline_s:
        time.sleep(0.01)


def park_after(orders: Orders, plan: Plan, why: str) -> None:
    """Park the rig through fresh connections, and then write it down.

    Hardware that another process has taken meanwhile is left alone; so is a rig that the controller
    had not come to, and nobody before it left as it was.
    """
    began_s = time.monotonic()
    with ExitStack() as stack:
        try:
            if not (_hold(stack, plan, orders) or orders.moves):
                return
        except RigHeld:
            return  # somebody has taken the session up again, and parks when it ends
        except (InputError, OSError):
            pass  # no folder for locks; the lamp is more urgent
        parked = park_driver_by_driver(plan)
    # Whoever waits for the rig has it now; what is written down may take long.
    detail: dict[str, Any] = {"why": why, "dark_after_s": round(parked.dark_s, 3)}
    if parked.unreachable:
        detail["unreachable"] = dict(parked.unreachable)
    _write_down(orders, plan, detail, parked, began_s)


def _hold(stack: ExitStack, plan: Plan, orders: Orders) -> bool:
    """Take the rig's locks: of a process that dies the pipe may close some time before they do."""
    place, began_s = place_of(orders.database), time.monotonic()
    while True:
        try:
            return stack.enter_context(hold(plan, "guardian", SystemClock(), place=place))
        except RigHeld:
            if time.monotonic() - began_s > _DYING_S:
                raise


def _write_down(
    orders: Orders,
    plan: Plan,
    detail: Mapping[str, Any],
    parked: DriversParked,
    began_s: float,
) -> None:
    """Write down what was done, however long the database is away; each event once."""
    events: list[tuple[str, Mapping[str, Any]]] = [("guardian_park", detail)]
    events += [
        ("device_hangs", {"device": h.device, "call": h.action, "waited_s": h.waited_s})
        for h in parked.hangs
    ]
    if parked.problems:
        events.append(("park_failed", {p.setting: p.message for p in parked.problems}))
    at = SystemClock().now()
    whose = {} if orders.session_id else {"rig": plan.file.spec.name}
    while time.monotonic() - began_s < _RECORD_S:
        try:
            with open_database(orders.database, frames=Path(orders.frames)) as database:
                while events:
                    database.event(orders.session_id, events[0][0], at, {**whose, **events[0][1]})
                    del events[0]
                _mark_stale(database, orders, plan, str(detail["why"]))
                return
        except RigHeld:
            return  # another controller runs it
        except StoreError:
            time.sleep(1.0)  # locked or away
        except HilError:
            return  # there is no such database


def _mark_stale(database: Database, orders: Orders, plan: Plan, why: str) -> None:
    """Write down that nobody has the rig, and runs the session, unless another controller does."""
    clock = SystemClock()
    rig = plan.file.spec.name
    if orders.session_id is None:
        with lease(rig, database, None, "guardian", clock):
            return  # and the dead controller's is gone
    with (
        lease(rig, database, orders.session_id, "guardian", clock),
        database.store(orders.session_id, controller="guardian", clock=clock) as store,
    ):
        if not any(alive for _, _, alive in store.open_trials()):
            store.session_state(SessionState.STALE, clock.now(), why)


if __name__ == "__main__":
    main()
    os._exit(0)  # a driver that hangs must not hold up the end
