"""What a rig file may say of a simulated scanner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from drivers.errors import ConfigError
from sim.parts import scene_files
from sim.parts.scene_files import scene_name
from sim.parts.sensor import SensorSpec
from sim.parts.sensor_options import BitDepth, ConverterOptions, OffsetAdu
from sim.tomography.scenes import SCENES, load_slices, missing_package


class TomographyOptions(ConverterOptions):
    """What the ``[[driver]]`` table of a simulated scanner may say.

    `scene` is a name of `sim.tomography.scenes.SCENES` or the path of a ``.npy`` file beside
    ``rig.toml``. `interleave` of 0 gives frames that are sinograms, (views, bins); any other number
    is that of the rows of interleaved frames (`sim.tomography.path.interleaved`). The rest is as in
    `sim.tomography.imager.Tomograph` and hil's ``XrayNoise``.

    Defaults, and why: a scanner for small animals. A row of 128 bins of 0.2 mm sees 25.6 mm. A tube
    with a tungsten anode, 1 mm of aluminium and the sample 30 cm away brings about a million
    photons through 0.2 mm x 0.2 mm per mAs at 100 kV; the scintillator detects six tenths of them.
    Flat panels have an electronic noise of a few photons in each bin. The focal spot of a
    microfocus tube grows by about a micrometre for each watt.
    """

    scene: Annotated[str, scene_name(SCENES)] = "ellipses"
    bins: Annotated[int, Field(ge=32, le=1024)] = 128
    bin_mm: Annotated[float, Field(ge=0.01, le=2)] = 0.2
    filter_mm: Annotated[float, Field(ge=0.1, le=20)] = 1.0
    photons_per_mas: Annotated[float, Field(gt=0, le=1e9)] = 6e5
    efficiency: Annotated[float, Field(gt=0, le=1)] = 0.6
    scatter_per_cm2: Annotated[float, Field(ge=0, le=1)] = 0.05
    beam_height_mm: Annotated[float, Field(ge=0.01, le=500)] = 20.0
    blur_mm: Annotated[float, Field(ge=0, le=0.8)] = 0.1
    penumbra_um_per_w: Annotated[float, Field(ge=0, le=5)] = 1.0
    interleave: Annotated[int, Field(ge=0, le=64)] = 0
    device: str = "cpu"

    adu_per_photon: Annotated[float, Field(gt=0, le=1000)] = 1.0
    offset_adu: OffsetAdu = 100.0
    electronic_noise_adu: Annotated[float, Field(ge=0, le=1000)] = 5.0
    bit_depth: BitDepth = 14

    @property
    def detector(self) -> SensorSpec:
        """The detector as a sensor whose electrons are photons; no well, all bins alike."""
        return SensorSpec(
            quantum_efficiency=1.0,
            gain_e_per_adu=1 / self.adu_per_photon,
            offset_adu=self.offset_adu,
            read_noise_e=self.electronic_noise_adu / self.adu_per_photon,
            bit_depth=self.bit_depth,
            dark_current_e_per_s=0.0,
            full_well_e=4.0 * 2**self.bit_depth / self.adu_per_photon,
        )


def find_scene(options: TomographyOptions, folder: Path) -> TomographyOptions:
    """Look for a scene file beside ``rig.toml``, and read it.

    Raises
    ------
    ConfigError
        For a scene that cannot be used.
    """
    if package := missing_package(options.scene):
        raise ConfigError("scene", f"{options.scene!r} needs {package}: pip install {package}")
    return scene_files.find_scene(options, SCENES, folder, load_slices)
