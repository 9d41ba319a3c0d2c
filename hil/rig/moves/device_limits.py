"""Limits that a device's settings have together by its own description: actuators behind modes.

They are in no rig file; the device refuses what leaves them by itself. Here they keep proposals
inside, and moves in an order that the device takes. A command to it goes from one point to the next
at once, so that its ends are judged and not the box between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.protocol import BoundsTogether, Device
from hil.rig.moves.joint import Floats, RowsLimit


@dataclass(frozen=True)
class DeviceRows(RowsLimit):
    """Rows that a device bounds.

    Parameters
    ----------
    names
        What each row is called; may be empty.
    device
        Its label.
    """

    names: tuple[str, ...] = ()
    device: str = ""

    at_once = True

    def words(self, values: Floats) -> str:
        """Say what the row that is passed most comes to."""
        amounts = self.matrix @ values + self.offset
        passed = np.maximum(amounts - self.highs, self.lows - amounts)
        worst = int(np.argmax(passed))
        what = self.names[worst] if self.names else f"row {worst}"
        allowed = f"{self.lows[worst]:g} to {self.highs[worst]:g}"
        return f"{self.device}: {what} would be at {amounts[worst]:g}, allowed: {allowed}"


@dataclass(frozen=True)
class DeviceSizes(RowsLimit):
    """The sum of magnitudes of a device's rows; `lows` and `highs` are a cube inside of it.

    Parameters
    ----------
    most
        The largest sum.
    device
        Its label.
    """

    most: float = np.inf
    device: str = ""

    at_once = True

    def excess(self, lows: Floats, highs: Floats) -> Floats:
        """How far the sum is above its highest."""
        positive, negative = self._parts
        upper = positive @ highs + negative @ lows + self.offset
        lower = positive @ lows + negative @ highs + self.offset
        total = float(np.maximum(np.abs(upper), np.abs(lower)).sum())
        return np.array([total - self.most * (1 + 1e-9)])

    def allowance(self, tolerances: Floats) -> Floats:
        """Give what it may be off by."""
        return np.array([float((np.abs(self.matrix) @ tolerances).sum())])

    def words(self, values: Floats) -> str:
        """Say what it comes to."""
        total = float(np.abs(self.matrix @ values + self.offset).sum())
        return (
            f"{self.device}: the sum of all magnitudes would be at {total:g},"
            f" allowed: at most {self.most:g}"
        )


def device_limits(devices: Mapping[str, Device]) -> tuple[RowsLimit, ...]:
    """Collect what devices say of their settings together."""
    found: list[RowsLimit] = []
    for label, device in devices.items():
        # Not isinstance: devices are wrapped, and pass on what they do not know.
        told: Callable[[], Sequence[BoundsTogether]] | None
        told = getattr(device, "bounds_together", None)
        for i, bounds in enumerate(told() if told is not None else ()):
            found.append(_limit(bounds, label, f"the device {label}, {i}"))
    return tuple(found)


def _limit(bounds: BoundsTogether, label: str, key: str) -> RowsLimit:
    matrix, offset = bounds.matrix, bounds.offset
    if np.isfinite(bounds.sum_abs):
        inside = np.full(len(matrix), bounds.sum_abs / len(matrix))
        return DeviceSizes(
            bounds.settings, key, matrix, offset, -inside, inside, "", bounds.sum_abs, label
        )
    return DeviceRows(
        bounds.settings, key, matrix, offset, bounds.lows, bounds.highs, "", bounds.names, label
    )
