"""Micro-Manager's device adapters and configurations, from its folders; no device is loaded."""

from __future__ import annotations

import re
from pathlib import Path

from drivers.errors import DriverError
from drivers.listing.listed import Listed

_LIBRARY = re.compile(r"(?:lib)?mmgr_dal_(?P<name>[^.]+)(?:\.(?:dll|dylib|so)(?:\.\d+)*)?")
_DEMO = frozenset({"DemoCamera", "NotificationTester", "SequenceTester", "Utilities"})
_FEW = 8
_INSTALL = "install Micro-Manager from micro-manager.org or by `mmcore install`"


def adapters() -> Listed:
    """List the adapters of the folders that a rig file without `adapters` would use."""
    try:
        from drivers.micromanager.core import adapter_folders, interface, other_installations
    except ImportError as error:
        return Listed(advice=f"pymmcore-plus is not installed ({error.name}): pip install it")
    wanted = interface()
    told, names = [], set()
    try:
        folders = adapter_folders(None, demo=False)
    except DriverError:
        folders = []
    for folder in folders:
        found = names_in(folder)
        names |= set(found)
        told.append(_folder(folder, found, wanted))
    told += [
        f"{folder} has adapters of another device interface, which this pymmcore cannot load"
        for folder in other_installations()
    ]
    advice = "" if names - _DEMO else f"only the demo's adapters: {_INSTALL}"
    advice = advice if names else f"{_INSTALL}, of device interface {wanted}"
    return Listed(tuple(sorted(names)), tuple(told), advice)


def names_in(folder: Path) -> list[str]:
    """Give the adapters in a folder, by the names of their files."""
    found = (_LIBRARY.fullmatch(path.name) for path in folder.iterdir())
    return sorted({match["name"] for match in found if match})


def _folder(folder: Path, found: list[str], wanted: int) -> str:
    listed = ", ".join(found) if len(found) <= _FEW else f"{', '.join(found[:_FEW])} and more"
    files = sorted(path.name for path in folder.glob("*.cfg"))
    configurations = f"configurations {', '.join(files)}" if files else "no configuration"
    n = f"{len(found)} adapters of device interface {wanted}"
    return f"{folder}, {n} ({listed}), {configurations}"
