"""One red band from orbit: exposure and focus, each binning by itself.

The band is held: what is to be restored is land in the band that is seen, so that designs of other
bands would not answer the same question. Information is that of cells with what is around them,
all that a decoder sees. The conventional design is in focus, unbinned, and exposed as long as a
line lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from hil.study.design.problem import Rendered
from hil.study.design.shown import ShownProblem
from hil.study.domain import Setting, Task
from hil.study.domains.satellite import AXES, CELL, MARGIN, Satellite

if TYPE_CHECKING:
    import torch

_CENTRE_NM = 660.0
_TURN = 0


class SatelliteProblem(ShownProblem):
    """See the module, and `hil.study.design.problem.Problem`."""

    axes: ClassVar[Mapping[str, Any]] = {
        **{name: axis for name, axis in AXES.items() if name != "filter.centre_nm"},
        "filter.centre_nm": (_CENTRE_NM,),
    }
    conventional: ClassVar[Setting] = {
        "camera.exposure_ms": 1.4,
        "telescope.focus_um": 0.0,
        "filter.centre_nm": _CENTRE_NM,
        "camera.binning": 1,
    }

    def __init__(self) -> None:
        self.domain = Satellite()

    def truth(self, task: Task) -> NDArray[Any]:
        """See `ShownProblem`."""
        return self.domain.learnt(self.conventional, task, self.seed, _TURN)

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """See `Problem`."""
        fields = self.domain.expected(setting, self.seed, False, _TURN)
        return Rendered(_cells(fields, int(setting["camera.binning"])), self.domain.noise(setting))


def _cells(fields: torch.Tensor, binning: int) -> torch.Tensor:
    """(fields x cells, side, side) each cell with what is around it, as the study cuts them."""
    side, step = (CELL + 2 * MARGIN) // binning, CELL // binning
    cut = fields.unfold(1, side, step).unfold(2, side, step)
    return cut.reshape(-1, side, side)


PROBLEM = SatelliteProblem
