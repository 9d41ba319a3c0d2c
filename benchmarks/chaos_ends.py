"""Controllers and guardians that are killed, asked to end, or fail by an exception."""

from __future__ import annotations

import os
import pty
import random
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

import psutil

from benchmarks.chaos_course import COURSE
from benchmarks.chaos_night import Broken, ChaosRow, Night, guardians, night

KILLED_IN_A_ROW = 6
DARK_AFTER_KILL_S = 2.0
DARK_AFTER_STOP_S = 0.5


def kills(n: int, rng: random.Random) -> ChaosRow:
    """Kill the controller, its guardian, or both at random instants."""
    row = ChaosRow("SIGKILL of controller, guardian, both")
    while row.tried < n and not COURSE.is_over:
        with night() as made:
            known: dict[int, str] = {}
            for _ in range(min(KILLED_IN_A_ROW, n - row.tried)):
                if COURSE.is_over:  # what was killed is gone on with all the same
                    break
                who = ("controller", "guardian", "both")[row.tried % 3]
                row.attempt(f"{who}, {row.tried}", partial(_kill, made, who, rng, known))
            _finish(made, row, known)
    return row


def _kill(made: Night, who: str, rng: random.Random, known: dict[int, str]) -> float:
    process = made.begin()
    if rng.random() < 0.7:
        made.wait_lit(process)
        time.sleep(rng.uniform(0, 2))
    else:
        time.sleep(rng.uniform(0, 8))
    if process.poll() is None and who != "controller":
        _kill_guardian(made, process, alone=who == "guardian")
    dark_s, since, lit = 0.0, time.time(), made.lit()
    guarded = who != "both" and bool(guardians(process))
    process.kill()
    process.communicate()
    if lit and guarded:
        dark_s = made.dark_after(since, DARK_AFTER_KILL_S)
    known.update(made.check_kept(known))
    return dark_s


def _kill_guardian(made: Night, process: subprocess.Popen[str], *, alone: bool) -> None:
    before = guardians(process)
    for guardian in before:
        with suppress(psutil.Error):
            guardian.kill()
    if alone and before:
        made.wait(
            lambda: process.poll() is not None or any(g not in before for g in guardians(process)),
            "a new guardian",
        )
        made.wait(
            lambda: process.poll() is not None or any(map(_has_spoken, guardians(process))),
            "the new guardian is ready",
        )


def _has_spoken(guardian: psutil.Process) -> bool:
    """Tell whether it says that it lives, as it does once it is ready: a few bytes at a time.

    While it imports it may write files of compiled code, which are longer.
    """
    with suppress(psutil.Error):
        before = guardian.io_counters().write_chars
        time.sleep(1.2)
        return bool(0 < guardian.io_counters().write_chars - before < 60)
    return False


def _finish(made: Night, row: ChaosRow, known: dict[int, str]) -> None:
    try:
        made.check_ended(made.begin(), [0])
        if len(made.check_kept(known)) != 30:
            raise Broken(f"{len(made.complete())} COMPLETE of 30")
        made.check_closed()
        made.check_frames()
        if made.lit():
            raise Broken("lit at the end")
    except Broken as error:
        row.problems.append(f"resume: {error}")
        row.survived -= 1


def _once(number: int) -> Callable[[subprocess.Popen[str]], None]:
    return lambda process: process.send_signal(number)


def _often(process: subprocess.Popen[str]) -> None:
    for _ in range(10):
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        time.sleep(0.05)


SIGNALS: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "SIGTERM": _once(signal.SIGTERM),
    "Ctrl-C": _once(signal.SIGINT),
    "Ctrl-C, ten times": _often,
    "SIGHUP": _once(signal.SIGHUP),
}


def signals(n: int, rng: random.Random) -> list[ChaosRow]:
    """Ask the controller to end, n times by each kind of signal."""
    ways: dict[str, Callable[[], float]] = {
        name: partial(signalled, send, rng) for name, send in SIGNALS.items()
    }
    ways["terminal closed"] = partial(terminal, rng, ignored=False)
    ways["terminal closed under nohup"] = partial(terminal, rng, ignored=True)
    rows = {name: ChaosRow(name) for name in ways}
    for _ in range(n):
        for name, work in ways.items():
            rows[name].attempt(name, work)
    return list(rows.values())


def signalled(send: Callable[[subprocess.Popen[str]], None], rng: random.Random) -> float:
    """Send it, and see to it that all is dark and closed."""
    with night() as made:
        process = made.begin()
        made.wait_lit(process)
        time.sleep(rng.uniform(0, 1.5))
        made.wait_lit(process)
        send(process)
        dark_s = made.dark_after(made.heard(), DARK_AFTER_STOP_S)
        made.check_ended(process, [130])
        made.check_closed()
        return dark_s


def terminal(rng: random.Random, *, ignored: bool) -> float:
    """Close the terminal that the program runs in."""
    with night(trials=6) as made:
        ours, theirs = pty.openpty()
        before = ["setsid", "--ctty", "--wait"]
        options = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        process = made.begin(before=[*before, *(["nohup"] if ignored else [])], **options)
        os.close(theirs)
        try:
            made.wait_lit(process)
            time.sleep(rng.uniform(0, 0.5))
            made.wait_lit(process)
        finally:
            os.close(ours)
        dark_s = 0.0 if ignored else made.dark_after(made.heard(), DARK_AFTER_STOP_S)
        process.wait(timeout=60)
        made.wait(lambda: not made.lit(), "dark")
        made.check_closed()
        if ignored and len(made.complete()) != 6:
            raise Broken(f"{len(made.complete())} of 6 COMPLETE: {made.reason()}")
        return dark_s


EXCEPTIONS = {
    "estimator": ("hil.session.assess", "SessionAssessor", "assess"),
    "sampler": ("hil.proposer", "OptunaProposer", "propose"),
    "store (applied)": ("hil.store.sql_store", "SqlStore", "applied"),
    "store (captured)": ("hil.store.sql_store", "SqlStore", "captured"),
    "store (finish)": ("hil.store.sql_store", "SqlStore", "finish"),
    "driver (lamp)": ("tests.hil.planted_rig", "Lamp", "start"),
    "driver (camera)": ("hil.rig.capture", "Capture", "field"),
}
KINDS = ("RuntimeError", "OSError", "ValueError", "MemoryError", "TimeoutError")


def exceptions(n: int, rng: random.Random) -> list[ChaosRow]:
    """Have each part of the program raise what none of ours raises."""
    rows = {part: ChaosRow(f"exception in {part}") for part in EXCEPTIONS}
    for i in range(n):
        for part, row in rows.items():
            _raises(part, i, rng, row)
    return list(rows.values())


def exception(part: str, n: int, rng: random.Random) -> ChaosRow:
    """Have one part raise, kinds of errors by turns."""
    row = ChaosRow(f"exception in {part}")
    for i in range(n):
        _raises(part, i, rng, row)
    return row


def _raises(part: str, i: int, rng: random.Random, row: ChaosRow) -> None:
    module, owner, name = EXCEPTIONS[part]
    kind = KINDS[(i + list(EXCEPTIONS).index(part)) % len(KINDS)]
    at = list(range(rng.randint(2, 4), 100))
    if owner == "SqlStore":  # one that fails for good has nothing to close a trial with
        del at[1:]
    struck = {"module": module, "owner": owner, "name": name, "at": at, "raises": kind}
    row.attempt(f"{kind} at {at[0]}", partial(_exception, struck))


def _exception(struck: Mapping[str, object]) -> float:
    with night(trials=12) as made:
        process = made.begin(struck=[struck])
        said = made.check_ended(process, [0, 1])
        if made.lit() and struck["owner"] != "Lamp":
            raise Broken(f"lit at the end: {said[-300:]}")
        made.check_closed()
        return 0.0


# A library that closes all files of the process but the first three, at a call of the camera.
CLOSES = """
import itertools, os
import tests.hil.planted_rig as rig
real, calls = rig.trouble, itertools.count(1)
def trouble(folder, call):
    real(folder, call)
    if call == "camera capture" and next(calls) == AT:
        os.closerange(3, 1 << 20)
rig.trouble = trouble
"""


def descriptors(n: int, rng: random.Random) -> list[ChaosRow]:
    """Have a driver close all files of the program in mid-session, and go on with it."""
    row = ChaosRow("all files closed by a driver")
    for _ in range(n):
        at = rng.randint(2, 40)
        row.attempt(f"capture {at}", partial(_closed, at))
    return [row]


def _closed(at: int) -> float:
    with night(trials=12) as made:
        made.check_ended(made.begin(code=CLOSES.replace("AT", str(at))), [1])
        made.wait(lambda: not made.lit(), "dark")
        known = made.complete()
        made.check_ended(made.begin(), [0])
        if len(made.check_kept(known)) != 12:
            raise Broken(f"{len(made.complete())} COMPLETE of 12")
        made.check_closed()
        made.check_frames()
        return 0.0
