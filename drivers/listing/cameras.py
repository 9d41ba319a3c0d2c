"""Cameras that the system itself lists: webcams and other USB video."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from drivers.listing.listed import Listed
from drivers.listing.system import Ask, answer_of

_LINUX = Path("/sys/class/video4linux")
_WINDOWS = (
    *("powershell", "-NoProfile", "-NonInteractive", "-Command"),
    "Get-PnpDevice -PresentOnly -Class Camera,Image -ErrorAction SilentlyContinue"
    " | ForEach-Object { $_.FriendlyName }",
)
_MAC = ("system_profiler", "SPCameraDataType", "-json")
_ELSEWHERE = (
    "scientific cameras are not in the system's list:"
    " their makers' software shows them, `hil rig check` opens them by a Micro-Manager adapter"
)


def cameras(platform: str = sys.platform, linux: Path = _LINUX, ask: Ask = answer_of) -> Listed:
    """List the system's cameras.

    Parameters
    ----------
    platform
        As `sys.platform`.
    linux
        Where Linux lists video devices.
    ask
        Runs a program of the system.
    """
    if platform == "linux":
        found = _of_linux(linux)
    elif platform == "win32":
        found = [line.strip() for line in ask(_WINDOWS).splitlines() if line.strip()]
    elif platform == "darwin":
        found = _of_mac(ask(_MAC))
    else:
        return Listed(advice="not known of this system", known=False)
    return Listed(tuple(found), tuple(found), "" if found else _ELSEWHERE)


def _of_linux(folder: Path) -> list[str]:
    """Read names: each camera has several devices."""
    names: dict[str, str] = {}
    for device in sorted(folder.glob("video*")):
        try:
            name = (device / "name").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:  # unplugged meanwhile
            continue
        names.setdefault(name, f"{name} (/dev/{device.name})")
    return list(names.values())


def _of_mac(said: str) -> list[str]:
    try:
        return [str(one["_name"]) for one in json.loads(said)["SPCameraDataType"]]
    except (ValueError, KeyError, TypeError):
        return []
