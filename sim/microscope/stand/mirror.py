"""The deformable mirror of a simulated microscope, and the aberration that it is there to undo."""

from __future__ import annotations

import numpy as np

from sim.parts.devices import Axis
from sim.parts.rig import float_axis

MODES = tuple(range(4, 12))
"""Noll indices of the mirror, and of the hidden aberration."""

MIRROR_SETTINGS = tuple(f"mirror.z{j}_nm" for j in MODES)


def mirror_axes() -> tuple[Axis, ...]:
    """Make the mirror's settings, flat."""
    return tuple(float_axis(name, -300.0, 300.0) for name in MIRROR_SETTINGS)


def draw_aberration_nm(rms_nm: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Draw hidden coefficients of `MODES` in a random direction, nm rms."""
    direction = rng.standard_normal(len(MODES))
    drawn = rms_nm * direction / np.linalg.norm(direction)
    return tuple(drawn.tolist())
