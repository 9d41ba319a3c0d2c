"""Whether the threads and the guardian of a session can be started, and how exact its waits are."""

from __future__ import annotations

import os
import sys
import threading
import time
from statistics import median

_N_THREADS = 20
_SLOW_GUARDIAN_S = 15.0
_N_SLEEPS = 20
_SLEEP_S = 0.001
_COARSE_S = 0.005
_LOWERED = 1  # of Unix's nice; Windows has words


def device_threads() -> str:
    """Start as many threads as a session with many devices has."""
    began = time.perf_counter()
    started: list[threading.Thread] = []
    try:
        for _ in range(_N_THREADS):
            thread = threading.Thread(target=_nothing, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        return f"NOT FIT: {error}: end other programs, or raise the limit of processes (ulimit -u)"
    finally:
        for thread in started:
            thread.join()
    took_s = (time.perf_counter() - began) / _N_THREADS
    return f"{_N_THREADS} start, {1000 * took_s:.1f} ms each"


def _nothing() -> None:
    """Do what a thread does that has no work."""


def guardian() -> str:
    """Start a guardian, without a rig to guard, and wait until it answers."""
    from hil.supervision import guardian as guarding

    began = time.perf_counter()
    try:
        process = guarding.GuardianProcess()
    except (OSError, RuntimeError) as error:
        return f"NOT FIT: it cannot be started ({error}): end other programs"
    try:
        # It answers once it has imported all that it needs, then says that this is no rig file.
        process.order(guarding.Orders("hil doctor", "", None, "", None, os.getpid(), moves=False))
        answered = process.told.wait(guarding.READY_S) and bool(process.unfit)
        took_s = time.perf_counter() - began
    finally:
        process.end()
    if not answered:
        return f"NOT FIT: no answer after {took_s:.0f} s: no session starts without it"
    said = f"ready {took_s:.1f} s after its start"
    if took_s > _SLOW_GUARDIAN_S:
        return f"{said}: slow; let the virus scanner leave out the folder of {sys.prefix}"
    return said


def timer() -> str:
    """Measure how long a pause of 1 ms is."""
    took_s = []
    for _ in range(_N_SLEEPS):
        began = time.perf_counter()
        time.sleep(_SLEEP_S)
        took_s.append(time.perf_counter() - began)
    middle, longest = 1000 * median(took_s), 1000 * max(took_s)
    said = f"a pause of 1 ms takes {middle:.1f} ms, at most {longest:.1f}"
    if median(took_s) > _COARSE_S:
        return f"{said}: coarse, each settle time lasts longer by that: end other programs"
    return said


def priority() -> str:
    """Say whether other programs go before this one."""
    import psutil

    value = psutil.Process().nice()
    name = str(getattr(value, "name", value))
    lowered = "BELOW" in name or "IDLE" in name or (isinstance(value, int) and _is_nice(value))
    said = name.removesuffix("_PRIORITY_CLASS").lower().replace("_", " ")
    if sys.platform != "win32":
        said = f"nice {said}"
    if lowered:
        return f"{said}: other programs go before it: start hil without `nice` or `start /low`"
    return said


def _is_nice(value: int) -> bool:
    return sys.platform != "win32" and value >= _LOWERED
