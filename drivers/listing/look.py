"""Asks for lists of devices, each in a process of its own: makers' libraries may hang, or crash."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from drivers.listing.listed import Listed

LISTS: Mapping[str, str] = {
    "adapters": "drivers.listing.micromanager:adapters",
    "serial": "drivers.listing.instruments:serial_ports",
    "resources": "drivers.listing.instruments:resources",
    "cameras": "drivers.listing.cameras:cameras",
    "modulators": "drivers.listing.modulators:modulators",
    "variables": "drivers.listing.variables:variables",
}
"""By name: where a function lies that lists devices without opening them."""

DEADLINE_S = 30.0
_KILLED_S = 1.0
_TO_READ_S = 1.0  # what another has made is read, however long those before it took


def look(
    lists: Mapping[str, str] = LISTS, deadline_s: float = DEADLINE_S
) -> Iterator[tuple[str, Listed]]:
    """Give list by list, in their order; all are made at the same time.

    Parameters
    ----------
    lists
        As `LISTS`.
    deadline_s
        How long all of them may take.
    """
    until = time.monotonic() + deadline_s
    asked: list[tuple[str, subprocess.Popen[bytes] | OSError]] = []
    try:
        for name, place in lists.items():
            asked.append((name, _started(place)))
        for name, process in asked:
            yield name, _answer(process, until, deadline_s)
    finally:
        for _, process in asked:
            if not isinstance(process, OSError):
                _end(process)


def _started(place: str) -> subprocess.Popen[bytes] | OSError:
    command = [sys.executable, "-m", "drivers.listing", place]
    nothing = subprocess.DEVNULL
    try:
        return subprocess.Popen(command, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing)
    except OSError as error:
        return error


def _answer(process: subprocess.Popen[bytes] | OSError, until: float, deadline_s: float) -> Listed:
    if isinstance(process, OSError):
        return _unknown(f"no process can be started ({process.strerror}): end other programs")
    try:
        said, _ = process.communicate(timeout=max(_TO_READ_S, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return _unknown(
            f"a library did not answer within {deadline_s:g} s, and would hold up a session too:"
            " unplug and plug the device, end other programs that hold it, or restart"
        )
    with contextlib.suppress(ValueError, TypeError, IndexError):
        found = json.loads(said.splitlines()[-1])
        names, told = (tuple(found[key]) for key in ("names", "told"))
        return Listed(names, told, found["advice"], found["known"])
    return _unknown(
        f"a library ended the process that asked it (status {process.returncode}):"
        " install its newest version"
    )


def _unknown(advice: str) -> Listed:
    return Listed(advice=advice, known=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process; one that the system holds in a driver ends when that lets it go."""
    if process.poll() is None:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_KILLED_S)
    if process.stdout is not None:
        process.stdout.close()
