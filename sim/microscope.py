"""``sim.microscope``: a widefield fluorescence microscope with a deformable mirror, simulated.

Devices and settings::

    stage    stage.x_um, stage.y_um           centre of the field in the scene
    focus    focus.z_um                       0 adds nothing to the hidden aberration
    light    light.power_mw                   0 is dark, and what the rig starts with
    mirror   mirror.z4_nm ... mirror.z11_nm   Noll modes, nm rms, added to the hidden aberration
    camera   camera.exposure_ms, camera.binning

Defaults, and why: a 63x / 1.2 water immersion objective on 6.5 um pixels samples the emission of
green fluorescent protein (510 nm) just above the Nyquist rate (103.2 of 106.2 nm). With 3 photons a
uJ and pixel, 10 ms of 1 mW make 24 electrons a pixel on average, and close to a thousand where a
sharp image is brightest: an ordinary, dim, live sample. Haze as bright as the sample itself is
usual in widefield. The sensor has the data of a current sCMOS camera; its converter clips before
its full well does, so that ``CameraNoise`` with the numbers of ``truth.noise_model()`` is exact.
Binning is digital and scales the read noise alone (`sim.sensor`).

Scene, optics and torch are made and imported at the first image, so that opening and parking are
quick.
"""

from __future__ import annotations

from hashlib import sha256
from math import floor
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from drivers.errors import ConfigError
from drivers.protocol import Setting
from sim.camera import SimulatedCamera
from sim.devices import Axis, Link, SimulatedDevice
from sim.pace import Pace
from sim.pupil import Objective
from sim.rig import SimulatedKind, SimulatedRig, float_axis, present_settings
from sim.scenes import SCENES, load_scene, make_scene
from sim.sensor import Sensor
from sim.sensor_options import SensorOptions
from sim.truth import Truth
from sim.widefield import MIRROR_SETTINGS, MODES, Conditions, Sample, Widefield

READOUT_MS = 10.0
LARGEST_SCENE_SAMPLES = 8192  # 256 MB an array


class MicroscopeOptions(SensorOptions):
    """What the ``[[driver]]`` table of a simulated microscope may say.

    Every draw, of scene, hidden aberration, pixel maps and noise, comes from `seed`: the same
    options and the same calls give the same frames. `scene` is a name of `sim.scenes.SCENES` or the
    path of a ``.npy`` file, whose samples then lie `pitch_um` apart: a camera pixel, or a fraction
    of it where a pixel is too coarse for the optics. `lamp_flicker` is the relative standard
    deviation of the light from frame to frame. The rest is as in `Sample`, `Objective` and
    `SensorSpec`.
    """

    aberration_rms_nm: Annotated[float, Field(ge=0, le=300)] = 100.0

    scene: str = "mixed"
    scene_um: Annotated[float, Field(ge=20, le=1000)] = 220.0
    photons_per_uj: Annotated[float, Field(gt=0, le=1e5)] = 3.0
    background: Annotated[float, Field(ge=0, le=1e3)] = 1.0
    bleaching: bool = False
    bleaching_dose_uj: Annotated[float, Field(gt=0)] = 2000.0
    lamp_flicker: Annotated[float, Field(ge=0, le=0.2)] = 0.0

    numerical_aperture: Annotated[float, Field(ge=0.05, le=1.5)] = 1.2
    refractive_index: Annotated[float, Field(ge=1, le=1.6)] = 1.333
    wavelength_nm: Annotated[float, Field(ge=350, le=1000)] = 510.0
    magnification: Annotated[float, Field(ge=1, le=200)] = 63.0
    camera_pixel_um: Annotated[float, Field(ge=1, le=30)] = 6.5
    height_px: Annotated[int, Field(ge=16, le=4096)] = 256
    width_px: Annotated[int, Field(ge=16, le=4096)] = 256

    @field_validator("scene")
    @classmethod
    def _known_scene(cls, scene: str) -> str:
        if scene not in SCENES and not scene.endswith(".npy"):
            raise ValueError(f"one of {', '.join(SCENES)}, or the path of a .npy file")
        return scene

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.numerical_aperture >= self.refractive_index:
            raise ValueError("numerical_aperture must be below refractive_index")
        if self.scene in SCENES:
            field_um = max(self.height_px, self.width_px) * self.pixel_um
            if self.scene_um < field_um:
                raise ValueError(f"scene_um must be at least the camera's field, {field_um:g} um")
            if self.scene_um / self.pitch_um > LARGEST_SCENE_SAMPLES:
                raise ValueError(
                    f"scene_um may be at most {LARGEST_SCENE_SAMPLES * self.pitch_um:.0f}"
                    " with this objective and camera"
                )
        return self

    @property
    def pixel_um(self) -> float:
        """Side of a camera pixel in the sample."""
        return self.camera_pixel_um / self.magnification

    @property
    def objective(self) -> Objective:
        """The objective by itself."""
        return Objective(self.numerical_aperture, self.wavelength_nm, self.refractive_index)

    @property
    def pitch_um(self) -> float:
        """Distance of the scene's samples."""
        return self.pixel_um / self.objective.oversampling(self.pixel_um)


def open_microscope(options: MicroscopeOptions, pace: Pace) -> SimulatedRig:
    """Make a microscope: dark, stage and focus at 0, mirror flat."""
    link = Link()
    devices: list[SimulatedDevice] = []
    path, stage_range_um = _light_path(options)
    truth = Truth(path, lambda: present_settings(devices))

    def device(label: str, *axes: Axis) -> SimulatedDevice:
        return SimulatedDevice(label, axes, pace, link, truth)

    stage = (
        float_axis("stage.x_um", *stage_range_um[1], role="position", rate_per_s=2000.0),
        float_axis("stage.y_um", *stage_range_um[0], role="position", rate_per_s=2000.0),
    )
    camera_axes = (
        float_axis("camera.exposure_ms", 0.1, 2000.0, initial=10.0, role="exposure"),
        Axis(Setting("camera.binning", "choice", choices=(1, 2, 4), role="binning"), initial=1),
    )
    camera = SimulatedCamera(
        "camera",
        camera_axes,
        pace,
        link,
        truth,
        expose=lambda: path.expose(Conditions.of(present_settings(devices))),
        saturation_adu=path.sensor.saturation_adu,
        readout_ms=READOUT_MS,
        serial=_serial(options),
    )
    devices += (
        device("stage", *stage),
        device("focus", float_axis("focus.z_um", -20.0, 20.0, role="position", rate_per_s=500.0)),
        device("light", float_axis("light.power_mw", 0.0, 10.0, role="light")),
        device("mirror", *(float_axis(name, -300.0, 300.0) for name in MIRROR_SETTINGS)),
        camera,
    )
    return SimulatedRig(devices, link, truth, ("numpy", "scipy", "scikit-image", "torch"))


def _find_scene(options: MicroscopeOptions, folder: Path) -> MicroscopeOptions:
    """Look for a scene file beside ``rig.toml``, and read it.

    Raises
    ------
    ConfigError
        For a scene file that cannot be used.
    """
    if options.scene in SCENES:
        return options
    options = options.model_copy(update={"scene": str(folder / options.scene)})
    try:
        _scene_range_um(options, load_scene(Path(options.scene)).shape)
    except (OSError, ValueError) as problem:
        raise ConfigError("scene", f"{options.scene}: {problem}") from problem
    return options


KIND = SimulatedKind(MicroscopeOptions, open_microscope, _find_scene)


def _serial(options: MicroscopeOptions) -> str:
    """Make a number for the sensor: other pixel maps or another data sheet give another."""
    sensor = repr((options.seed, options.height_px, options.width_px, options.sensor))
    return f"sim-{sha256(sensor.encode()).hexdigest()[:8]}"


def _light_path(
    options: MicroscopeOptions,
) -> tuple[Widefield, tuple[tuple[float, float], tuple[float, float]]]:
    """Put the parts together; return them with the stage's range in y and x, um."""
    scene_rng, aberration_rng, sensor_rng, noise_rng = (
        np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)
    )
    if options.scene in SCENES:
        size = floor(options.scene_um / options.pitch_um)
        shape = (size, size)

        def load() -> np.ndarray[Any, np.dtype[np.float32]]:
            return make_scene(options.scene, shape, options.pitch_um, scene_rng)
    else:
        scene = load_scene(Path(options.scene))
        shape = (scene.shape[0], scene.shape[1])

        def load() -> np.ndarray[Any, np.dtype[np.float32]]:
            return scene

    sample = Sample(
        load=load,
        photons_per_uj=options.photons_per_uj,
        background=options.background,
        bleaching_dose_uj=options.bleaching_dose_uj if options.bleaching else None,
    )
    direction = aberration_rng.standard_normal(len(MODES))
    aberration_nm = options.aberration_rms_nm * direction / np.linalg.norm(direction)
    path = Widefield(
        sample=sample,
        objective=options.objective,
        sensor=Sensor(options.sensor, (options.height_px, options.width_px), sensor_rng),
        pixel_um=options.pixel_um,
        aberration_nm=tuple(aberration_nm.tolist()),
        rng=noise_rng,
        lamp_flicker=options.lamp_flicker,
    )
    return path, _scene_range_um(options, shape)


def _scene_range_um(
    options: MicroscopeOptions, shape: tuple[int, ...]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """How far the field's centre may go in y and x without leaving the scene, um.

    Raises
    ------
    ValueError
        If the scene is smaller than the field.
    """
    reach = [
        (samples * options.pitch_um - pixels * options.pixel_um) / 2
        for samples, pixels in zip(shape, (options.height_px, options.width_px), strict=True)
    ]
    if min(reach) < -1e-9:
        raise ValueError(f"the scene of {shape} samples is smaller than the camera's field")
    y_um, x_um = (max(0.0, floor(half * 1000) / 1000) for half in reach)
    return (-y_um, y_um), (-x_um, x_um)
