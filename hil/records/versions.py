"""What a session ran with, for the record."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from functools import cache

_LIBRARIES = ("hil-imaging", "numpy", "scipy", "optuna", "sqlalchemy", "torch", "zarr")


def versions(devices: Mapping[str, str]) -> dict[str, str]:
    """Name to version of Python, the system, the libraries that numbers depend on, and the devices.

    Parameters
    ----------
    devices
        What the drivers say of themselves.
    """
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        version = _version(name)
        if version is not None:
            found[name] = version
    return {**found, **devices}


@cache
def _version(name: str) -> str | None:
    """Find a version once: a package is described at length, and what is loaded stays."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
