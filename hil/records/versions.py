"""What a session ran with, for the record."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping

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
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {**found, **devices}
