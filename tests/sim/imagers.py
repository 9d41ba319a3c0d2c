"""The physics of all simulated rigs by one call: places of fields in, expected light out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.parts.rig import SimulatedRig
from tests.sim.cases import ImageCase, Images, case_files

CASES: list[ImageCase] = [module.IMAGES for module in case_files()]


def opened(case: ImageCase, device: str = "cpu", **options: Any) -> SimulatedRig:
    """Open a rig."""
    table = case.options | {"device": device} | options
    return case.kind.open(case.kind.options(table, Path()))


def images(case: ImageCase, device: str = "cpu", **options: Any) -> Images:
    """Open a rig and hand its physics out."""
    rig = opened(case, device, **options)
    return case.images(rig, rig.truth.suppose(case.settings))
