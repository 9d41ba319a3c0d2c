"""From modes to actuators and back.

z : (modes,) amplitudes, each in its own unit
B : (actuators, modes) actuators per unit of a mode
f : (actuators,) where the actuators are when all modes are 0
v : (actuators,) ``B z + f``; back by least squares, z = B+ (v - f)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivers.modal.bounds import ActuatorBounds
from drivers.types import Floats


@dataclass(frozen=True, eq=False)
class Basis:
    """Modes over actuators.

    Parameters
    ----------
    modes
        Names of the modes with their unit at the end.
    matrix, flat
        B and f.
    """

    modes: tuple[str, ...]
    matrix: Floats
    flat: Floats

    @cached_property
    def _inverse(self) -> Floats:
        return np.asarray(np.linalg.pinv(self.matrix), dtype=np.float64)

    def vector(self, amplitudes: Floats) -> Floats:
        """From modes to actuators."""
        return np.asarray(self.matrix @ amplitudes + self.flat, dtype=np.float64)

    def amplitudes(self, vector: Floats) -> Floats:
        """From actuators to modes."""
        return np.asarray(self._inverse @ (vector - self.flat), dtype=np.float64)

    def uncertainty(self, step: float) -> Floats:
        """How far each mode may read off where every actuator is off by half a step, (modes,)."""
        return np.asarray(np.abs(self._inverse).sum(axis=1) * step / 2, dtype=np.float64)

    def ranges(self, bounds: ActuatorBounds) -> tuple[Floats, Floats]:
        """How far each mode may go by itself, the others at 0: lowest and highest, (modes,)."""
        rows, lows, highs, _ = bounds.linear_rows()
        gain, at_flat = rows @ self.matrix, rows @ self.flat
        with np.errstate(divide="ignore", invalid="ignore"):
            up, down = (highs - at_flat)[:, None] / gain, (lows - at_flat)[:, None] / gain
        most = np.where(gain > 0, up, np.where(gain < 0, down, np.inf)).min(axis=0)
        least = np.where(gain > 0, down, np.where(gain < 0, up, -np.inf)).max(axis=0)
        return least, most

    def dependent(self) -> str:
        """Say which modes cannot be told apart, or move nothing; empty if there are none."""
        sizes = np.linalg.norm(self.matrix, axis=0)
        for name, size in zip(self.modes, sizes, strict=True):
            if size == 0:
                return f"mode {name} moves no actuator"
        if np.linalg.matrix_rank(self.matrix / sizes) < len(self.modes):
            return f"its {len(self.modes)} columns are not independent: modes cannot be told apart"
        return ""
