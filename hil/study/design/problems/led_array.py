"""Transparent samples under a ring of LEDs: outer and inner aperture, and focus.

Whoever names sees the spectrum and histogram of a field, whoever restores a window around a cell,
and information is that of what they are made from. The conventional design, written down before any
design was scored, is bright field as it is taught for Koehler's illumination: the sample in focus,
and an even disc of light, as wide as three quarters of the objective's aperture, in the middle of
the 60 to 90 % within which contrast and resolution are said to balance (Abramowitz and Davidson,
Optical Microscopy Primer, "Condenser Aperture Diaphragm Control of Specimen Contrast"). It shows
little phase, which the same textbooks say, and send whoever has phase to see to a phase ring, which
this microscope has not; who defocuses goes by phase transfer, which is among the metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from hil.study.design.problem import Rendered
from hil.study.design.shown import ShownProblem
from hil.study.design.textures import textures
from hil.study.domain import Setting, Task
from hil.study.domains.led_array import AXES, KINDS, NA, LedArray, squares_nm, windows

if TYPE_CHECKING:
    import torch


class LedArrayProblem(ShownProblem):
    """See the module, and `hil.study.design.problem.Problem`."""

    axes = AXES
    conventional: ClassVar[Setting] = {"outer_na": 0.75 * NA, "inner_share": 0.0, "z_um": 0.0}

    def __init__(self) -> None:
        self.domain = LedArray()

    def truth(self, task: Task) -> NDArray[Any]:
        """See `ShownProblem`: kinds of fields, or squares of windows."""
        kinds, opd_nm = self.domain.truths(self.seed, False, self._each)
        return kinds if task.kind == "label" else squares_nm(opd_nm)

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """See `Problem`; fields are cut out of one image, so that all are there."""
        return Rendered(
            self.domain.expected(setting, self.seed, False, self._each), self.domain.noise
        )

    def electrons(self, rendered: Rendered, task: Task, light: torch.Tensor) -> torch.Tensor:
        """See `Problem`: whole fields, or windows of them."""
        shown = rendered.values if task.kind == "label" else windows(rendered.values)
        taken: torch.Tensor = shown[light[:, 0].long()]
        return taken

    def seen(self, rendered: Rendered, task: Task, frames: torch.Tensor) -> torch.Tensor:
        """See `Problem`."""
        return textures(frames) if task.kind == "label" else frames.flatten(1)

    @property
    def _each(self) -> int:
        assert self.size is not None
        return self.size.learn // len(KINDS)


PROBLEM = LedArrayProblem
