"""The gantry: a device that takes only as many views as fill a frame's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drivers.errors import ValueRefused
from drivers.protocol import Setting
from drivers.types import Value
from sim.parts.devices import Axis, Link, SimulatedDevice
from sim.parts.rig import float_axis
from sim.parts.simulated_clock import Pace

FEWEST_VIEWS, MOST_VIEWS = 8, 1024


class Gantry(SimulatedDevice):
    """Where the views are.

    Parameters
    ----------
    rows
        The number of views is a multiple of it.
    pace, link, truth
        As for `SimulatedDevice`.
    """

    def __init__(self, rows: int, pace: Pace, link: Link, truth: object) -> None:
        super().__init__("gantry", _axes(rows), pace, link, truth)
        self._rows = rows

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values, then begin to apply them; see `SimulatedDevice`."""
        views = values.get("gantry.views")
        if isinstance(views, int) and views % self._rows:
            allowed = f"a multiple of {self._rows}: frames are interleaved"
            raise ValueRefused("gantry.views", views, allowed)
        super().start(values)


def _axes(rows: int) -> Iterable[Axis]:
    low, high, initial = (
        max(rows, views // rows * rows) for views in (FEWEST_VIEWS, MOST_VIEWS, 180)
    )
    # the views are a frame's rows: other views are other pixels
    yield Axis(Setting("gantry.views", "int", "", low, high, role="region"), initial, 0.005)
    yield Axis(Setting("gantry.spacing", "choice", choices=("uniform", "golden")), "uniform", 0.005)
    yield float_axis("gantry.start_deg", 0, 180, role="position", rate_per_s=60)
    yield float_axis("gantry.arc_deg", 10, 180, 180)
