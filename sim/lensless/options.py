"""What the ``[[driver]]`` table of a simulated lensless imager may say.

Defaults, and why: a machine-vision sensor of 5 um pixels (12 bits, 5 electrons read noise) behind a
mask a few millimetres away, as in lensless cameras; lenslets of 4 mm focal length resolve 2 to 4
mrad. In daylight a lenslet of 150 um brings about 200 photons to a pixel in 20 ms.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.lensless.scenes import SCENES
from sim.parts.scene_files import scene_name
from sim.parts.sensor_options import (
    BitDepth,
    FullWellE,
    GainEPerAdu,
    OffsetAdu,
    ReadNoiseE,
    SensorOptions,
)


class LenslessOptions(SensorOptions):
    """Scene, mask and sensor.

    `scene` is a name of `sim.lensless.scenes.SCENES` or the path of a ``.npy`` file beside
    ``rig.toml``; `density` is that of ``beads``, on 1000 mrad^2; `stray_light` is an even radiance
    on top of it.
    """

    scene: Annotated[str, scene_name(SCENES)] = "natural"
    density: Annotated[float, Field(gt=0, le=1000)] = 1.0
    stray_light: Annotated[float, Field(ge=0, le=100)] = 0.02
    radiance: Annotated[float, Field(gt=0, le=1e9)] = 3e5
    wavelength_nm: Annotated[float, Field(ge=350, le=1000)] = 550.0
    focal_mm: Annotated[float, Field(ge=1, le=20)] = 4.0
    side_px: Annotated[int, Field(ge=32, le=1024)] = 128
    pixel_um: Annotated[float, Field(ge=2, le=15)] = 5.0
    device: str = "cpu"

    gain_e_per_adu: GainEPerAdu = 2.5
    offset_adu: OffsetAdu = 20.0
    read_noise_e: ReadNoiseE = 5.0
    bit_depth: BitDepth = 12
    full_well_e: FullWellE = 11_000.0
