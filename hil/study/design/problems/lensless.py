"""Lenslets: the family's own settings, each number of lenslets by itself.

The conventional design is one lens in focus, as wide as the family has it: sharpest, and brightest
of all single ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar

from hil.study.design.problem import Learnt, Rendered
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
        self.draw: tuple[int, Size] | None = None

    def drawn(self, seed: int, size: Size, most: int | None = None) -> LenslessProblem:
        """See `Problem`; light is linear in the scene, so that their number costs nothing."""
        found = copy(self)
        found.draw = seed, size
        return found

    def learnt(self, task: Task) -> Learnt:
        """See `Problem`."""
        assert self.draw is not None
        scenes, _ = self.domain.scenes(task, *self.draw)
        return Learnt(scenes.light[~scenes.held], scenes.truth[~scenes.held])

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """See `Problem`."""
        return Rendered(self.domain.rendered(setting), self.domain.noise)

    def electrons(self, rendered: Rendered, task: Task, light: torch.Tensor) -> torch.Tensor:
        """See `Problem`."""
        basis = rendered.values
        found: torch.Tensor = self.domain.expected(basis, task, light.to(basis.dtype))
        return found

    def seen(self, rendered: Rendered, task: Task, frames: torch.Tensor) -> torch.Tensor:
        """See `Problem`: frames as they are."""
        return frames.flatten(1)


PROBLEM = LenslessProblem
