"""What a rig's ``case.py`` says of it, for the tests that are the same for all rigs.

A rig is found by being registered; the folder of its tests holds ``case.py`` with ``IMAGES``, how its
physics is called, and ``SEARCH``, a setting whose optimum its physics has inside the range.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import torch

from hil.rig.driver_kinds import driver_kind
from sim.parts.rig import SimulatedKind, SimulatedRig
from tests.sim.rigs import Settings

HERE = Path(__file__).parent

Images = Callable[[torch.Tensor], torch.Tensor]
"""From (B, 2) places of fields, or (B, ...) slices, to (B, ...) expected photons or electrons."""


class ImageCase(NamedTuple):
    """How the physics of a rig is called."""

    name: str
    registered: str
    options: dict[str, Any]
    settings: Settings
    images: Callable[[SimulatedRig, Settings], Images]
    places: list[list[float]]
    large: dict[str, Any]
    """Options of frames of 512 x 512 pixels, or as many bins."""

    @property
    def kind(self) -> SimulatedKind[Any]:
        kind = driver_kind(self.registered)
        assert isinstance(kind, SimulatedKind)
        return kind


class SearchCase(NamedTuple):
    """One setting of an example's search space, the others held."""

    example: str
    setting: str
    others: Settings
    low: float
    high: float
    trials: int = 12


def case_files() -> list[ModuleType]:
    """Import every ``case.py``."""
    return [
        import_module(".".join(("tests.sim", *path.relative_to(HERE).with_suffix("").parts)))
        for path in sorted(HERE.rglob("case.py"))
    ]
