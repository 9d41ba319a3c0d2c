"""Scans of one dose: voltage, each number of views and each binning by itself.

The conventional design has most views of the family, all bins, and the voltage in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hil.study.design.problem import Rendered
from hil.study.design.shown import ShownProblem
from hil.study.domain import Setting, Size, Task
from hil.study.domains.tomography import AXES, Tomography

if TYPE_CHECKING:
    import torch


class TomographyProblem(ShownProblem):
    """See the module, and `hil.study.design.problem.Problem`."""

    axes = AXES
    conventional: ClassVar[Setting] = {
        "gantry.views": 64,
        "detector.binning": 1,
        "source.voltage_kv": 80.0,
    }

    def __init__(self) -> None:
        self.domain = Tomography()
        self.masses: dict[int, torch.Tensor] = {}
        self.backprojections: dict[tuple[int, ...], torch.Tensor] = {}

    def drawn(self, seed: int, size: Size, most: int | None = None) -> TomographyProblem:
        """See `Problem`."""
        found = super().drawn(seed, size, most)
        found.masses, found.backprojections = {}, {}
        return found

    def truth(self, task: Task) -> NDArray[Any]:
        """See `ShownProblem`."""
        _, place, pores = self._bodies()
        return place if task.kind == "label" else pores

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """See `Problem`; line integrals are those of the number of views, whatever the voltage."""
        import torch

        from sim.tomography.imager import scan_settings

        scan = scan_settings(self.domain.whole(setting))
        scanner = self.domain.scanner
        if scan.views not in self.masses:
            with torch.no_grad():
                slices = torch.from_numpy(np.ascontiguousarray(self._bodies()[0]))
                self.masses[scan.views] = scanner.masses(slices, scan)
        return Rendered(scanner.counts(self.masses[scan.views], scan), self.domain.noise)

    def seen(self, rendered: Rendered, task: Task, frames: torch.Tensor) -> torch.Tensor:
        """See `Problem`: weights are those of the first voltage of a number of views and bins."""
        import torch

        shape = tuple(frames.shape[1:])
        if shape not in self.backprojections:
            mean = rendered.values.detach().mean(dim=0).double().numpy()
            made = torch.from_numpy(self.domain.backprojection(mean))
            self.backprojections[shape] = made.float()
        return frames.flatten(1) @ self.backprojections[shape].to(frames.dtype)

    def _bodies(self) -> tuple[NDArray[Any], ...]:
        assert self.size is not None
        found = self.domain.bodies(self.seed, self.size.learn + self.size.held)
        return tuple(one[: self.shown_at_most] for one in found)


PROBLEM = TomographyProblem
