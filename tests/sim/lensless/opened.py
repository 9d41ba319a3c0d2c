"""The rig as its tests open it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.lensless import KIND
from sim.parts.rig import SimulatedRig


def open_rig(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options({"seed": 3, "side_px": 64} | options, Path.cwd()))
