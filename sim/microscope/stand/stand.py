"""What both kinds of simulated microscope stand on: stage, focus, mirror and camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.protocol import Setting
from sim.microscope.stand.mirror import mirror_axes
from sim.microscope.stand.options import StandOptions
from sim.microscope.stand.path import StandPath
from sim.microscope.stand.truth import MirrorTruth
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.devices import Axis
from sim.parts.rig import SimulatedRig, float_axis
from sim.parts.simulated_clock import Pace

READOUT_MS = 10.0
LIBRARIES = ("numpy", "scipy", "scikit-image", "torch")


def open_stand(
    options: StandOptions,
    path: StandPath[Any],
    light: tuple[str, Sequence[Axis]],
    units: Mapping[str, str],
    pace: Pace,
) -> SimulatedRig:
    """Make a microscope: dark, stage and focus at 0, mirror flat.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.
    path
        From settings to frames.
    light
        Label and settings of the light source.
    units
        Of the figures of merit.
    pace
        How time passes.
    """
    y_um, x_um = options.scene_range_um(path.shape)
    parts = (
        device(
            "stage",
            float_axis("stage.x_um", *x_um, role="position", rate_per_s=2000.0),
            float_axis("stage.y_um", *y_um, role="position", rate_per_s=2000.0),
        ),
        device("focus", float_axis("focus.z_um", -20.0, 20.0, role="position", rate_per_s=500.0)),
        device(light[0], *light[1]),
        device("mirror", *mirror_axes()),
    )
    camera = CameraPart(
        "camera",
        (
            float_axis("camera.exposure_ms", 0.1, 2000.0, initial=10.0, role="exposure"),
            Axis(Setting("camera.binning", "choice", choices=(1, 2, 4), role="binning"), initial=1),
        ),
        path.sensor.saturation_adu,
        READOUT_MS,
        options.serial,
    )
    return assemble(path, parts, camera, units, LIBRARIES, pace, MirrorTruth)
