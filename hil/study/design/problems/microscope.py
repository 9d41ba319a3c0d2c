"""Fluorescence at one dose: exposure and focus, each binning by itself.

Whoever names sees the spectrum and histogram of a field, whoever restores its middle, and
information is that of what they are made from. The conventional design, written down before any
design was scored, is what is done at a microscope: the sample in focus, since nothing else is
sharp; no binning, since a pixel of 0.1 um is what the objective's 0.2 um ask for (two samples to
what is resolved; Nyquist); and the shortest exposure that the lamp brings the whole dose in, since
what is longer adds dark current alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from hil.study.design.problem import Rendered
from hil.study.design.shown import ShownProblem
from hil.study.design.textures import textures
from hil.study.domain import Setting, Task
from hil.study.domains.microscope import AXES, KINDS, SIDE_PX, Microscope, middle

if TYPE_CHECKING:
    import torch


class MicroscopeProblem(ShownProblem):
    """See the module, and `hil.study.design.problem.Problem`."""

    axes = AXES
    conventional: ClassVar[Setting] = {
        "camera.exposure_ms": 10.0,
        "focus.z_um": 0.0,
        "camera.binning": 1,
    }

    def __init__(self) -> None:
        self.domain = Microscope()

    def truth(self, task: Task) -> NDArray[Any]:
        """See `ShownProblem`."""
        kinds, densities = self.domain.truths(self.seed, False, self._each)
        return kinds if task.kind == "label" else densities

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """See `Problem`."""
        fields = self.domain.expected(setting, self.seed, False, self._each)
        return Rendered(fields, self.domain.noise(setting))

    def electrons(self, rendered: Rendered, task: Task, light: torch.Tensor) -> torch.Tensor:
        """See `Problem`: whole fields, or their middle."""
        fields = super().electrons(rendered, task, light)
        if task.kind == "label":
            return fields
        shown: torch.Tensor = middle(fields, SIDE_PX // fields.shape[1])
        return shown

    def seen(self, rendered: Rendered, task: Task, frames: torch.Tensor) -> torch.Tensor:
        """See `Problem`."""
        return textures(frames) if task.kind == "label" else frames.flatten(1)

    @property
    def _each(self) -> int:
        return self.shown_at_most // len(KINDS)


PROBLEM = MicroscopeProblem
