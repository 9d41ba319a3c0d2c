"""The rig as its tests open it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sim.parts.rig import SimulatedRig
from sim.tomography import KIND
from tests.sim import rigs
from tests.sim.rigs import apply


def open_rig(**options: Any) -> SimulatedRig:
    table = {"seed": 3, "bins": 64, "bin_mm": 0.4, "scene": "blobs"} | options
    rig = KIND.open(KIND.options(table, Path.cwd()))
    apply(rig, {"source.current_ma": 0.01, "gantry.views": 32})
    return rig


def frame(rig: SimulatedRig, sample: int = 0) -> np.ndarray[Any, Any]:
    apply(rig, {"sample.number": sample})
    return rigs.frame(rig, "detector")
