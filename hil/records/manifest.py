"""What a session ran with and where, in one table that is stored with it."""

from __future__ import annotations

import getpass
import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from hil.records.versions import versions

# Read-only settings by which a device names itself.
_NAMES_ITSELF = re.compile("firmware|serial|(^|[^a-z])version", re.IGNORECASE)


def tells_firmware(setting: str) -> bool:
    """Whether a setting's property is one by which a device says what it is."""
    return bool(_NAMES_ITSELF.search(setting.rpartition(".")[2]))


def manifest(
    *,
    adapters: Mapping[str, str],
    firmware: Mapping[str, Any],
    drivers: Sequence[Mapping[str, Any]],
    seed: int,
) -> dict[str, Any]:
    """Give the table.

    Parameters
    ----------
    adapters
        What the drivers say of their libraries and adapters.
    firmware
        Setting to value, where a device says what it is.
    drivers
        Kind of each driver, and its seed where it has one.
    seed
        The session's.
    """
    libraries = versions({})
    program = libraries.pop("hil-imaging", "")
    python, system = libraries.pop("python"), libraries.pop("platform")
    seeds = {f"driver.{i}": one["seed"] for i, one in enumerate(drivers) if "seed" in one}
    return {
        "program": {"hil-imaging": program, "python": python},
        "libraries": libraries,
        "adapters": dict(adapters),
        "firmware": dict(firmware),
        "drivers": [str(one["kind"]) for one in drivers],
        "host": {
            "name": platform.node(),
            "user": _user(),
            "platform": system,
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "executable": sys.executable,
        },
        "seeds": {"session": seed, **seeds},
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a process without a user of that number
        return ""
