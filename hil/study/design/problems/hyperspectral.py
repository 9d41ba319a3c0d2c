"""Bands and a slit in a fixed total time, each number of bands by itself.

Information is that of a pixel with its neighbours in all bands, all that a decoder sees. The
conventional design has most bands of the family, side by side over visible light and near infrared,
and a slit of two pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hil.study.design.problem import Rendered
from hil.study.design.shown import ShownProblem
from hil.study.domain import Setting, Task
from hil.study.domains.hyperspectral import (
    AXES,
    LEARNT,
    SHOWN_PX,
    SIDE_PX,
    Hyperspectral,
    abundance,
    pixels,
)

if TYPE_CHECKING:
    import torch


class HyperspectralProblem(ShownProblem):
    """See the module, and `hil.study.design.problem.Problem`."""

    axes = AXES
    conventional: ClassVar[Setting] = {
        "bands": 8,
        "width_nm": 50.0,
        "first_nm": 475.0,
        "last_nm": 825.0,
        "slit_um": 16.0,
    }

    def __init__(self) -> None:
        self.domain = Hyperspectral()

    def truth(self, task: Task) -> NDArray[Any]:
        """See `ShownProblem`."""
        none = np.zeros((LEARNT, 1, SIDE_PX, SIDE_PX))
        _, found, _ = pixels(none, abundance(self.seed)[:LEARNT])
        return found.argmax(axis=1).astype(np.intp) if task.kind == "label" else found

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """See `Problem`."""
        fields = self.domain.expected(setting, self.seed, LEARNT)
        return Rendered(_around(fields.double()), self.domain.noise(setting))


def _around(fields: torch.Tensor) -> torch.Tensor:
    """(fields x pixels, bands x 3, 3) pixels with their neighbours, as the study takes them."""
    inner = fields[:, :, 1:-1, 1:-1]
    cut = inner.unfold(2, 3, SHOWN_PX).unfold(3, 3, SHOWN_PX)
    return cut.permute(0, 2, 3, 1, 4, 5).reshape(-1, 3 * fields.shape[1], 3)


PROBLEM = HyperspectralProblem
