"""What both kinds of simulated microscope stand on: stage, focus, mirror, camera, aberration."""

from __future__ import annotations

import numpy as np

from drivers.protocol import Setting
from sim.devices import Axis
from sim.rig import float_axis
from sim.widefield import MIRROR_SETTINGS, MODES

READOUT_MS = 10.0

Range = tuple[float, float]


def stage_axes(range_um: tuple[Range, Range]) -> tuple[Axis, ...]:
    """Make the stage's, from its range in y and x."""
    return (
        float_axis("stage.x_um", *range_um[1], role="position", rate_per_s=2000.0),
        float_axis("stage.y_um", *range_um[0], role="position", rate_per_s=2000.0),
    )


def focus_axis() -> Axis:
    """Make the focus drive's."""
    return float_axis("focus.z_um", -20.0, 20.0, role="position", rate_per_s=500.0)


def mirror_axes() -> tuple[Axis, ...]:
    """Make the deformable mirror's, flat."""
    return tuple(float_axis(name, -300.0, 300.0) for name in MIRROR_SETTINGS)


def camera_axes() -> tuple[Axis, ...]:
    """Make exposure and binning."""
    return (
        float_axis("camera.exposure_ms", 0.1, 2000.0, initial=10.0, role="exposure"),
        Axis(Setting("camera.binning", "choice", choices=(1, 2, 4), role="binning"), initial=1),
    )


def draw_aberration_nm(rms_nm: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Draw hidden coefficients of `MODES` in a random direction, nm rms."""
    direction = rng.standard_normal(len(MODES))
    drawn = rms_nm * direction / np.linalg.norm(direction)
    return tuple(drawn.tolist())
