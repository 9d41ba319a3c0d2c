"""Lenslets: the family's own settings, each number of lenslets by itself.

The conventional design is one lens in focus, as wide as the family has it: sharpest, and brightest
of all single ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from hil.noise.camera import CameraNoise
from hil.study.design.problem import Learnt
from hil.study.domain import Setting, Size, Task
from hil.study.domains.lensless import AXES, Lensless

if TYPE_CHECKING:
    import torch


class LenslessProblem:
    """See the module, and `hil.study.design.problem.Problem`."""

    axes = AXES
    conventional: ClassVar[Setting] = {
        "mask.diameter_um": 280.0,
        "mask.apertures": 1,
        "mask.spacing_um": 100.0,
        "mask.distance_mm": 4.0,
        "mask.irregularity": 0.0,
    }

    def __init__(self) -> None:
        self.domain = Lensless()

    @property
    def noise(self) -> CameraNoise:
        """See `Problem`."""
        return self.domain.noise

    def learnt(self, task: Task, seed: int, size: Size) -> Learnt:
        """See `Problem`."""
        scenes, _ = self.domain.scenes(task, seed, size)
        return Learnt(scenes.light[~scenes.held], scenes.truth[~scenes.held])

    def rendered(self, setting: Mapping[str, Any]) -> torch.Tensor:
        """See `Problem`."""
        return self.domain.rendered(setting)

    def electrons(self, rendered: torch.Tensor, task: Task, light: torch.Tensor) -> torch.Tensor:
        """See `Problem`."""
        found: torch.Tensor = self.domain.expected(rendered, task, light.to(rendered.dtype))
        return found


PROBLEM = LenslessProblem
