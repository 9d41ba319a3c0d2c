"""``sim.microscope``: a widefield fluorescence microscope with a deformable mirror, simulated.

Devices and settings::

    stage    stage.x_um, stage.y_um           centre of the field in the scene
    focus    focus.z_um                       0 adds nothing to the hidden aberration
    light    light.power_mw                   0 is dark, and what the rig starts with
    mirror   mirror.z4_nm ... mirror.z11_nm   Noll modes, nm rms, added to the hidden aberration
    camera   camera.exposure_ms, camera.binning

With ``contrast = "phase"`` in its options an LED array takes the light's place: `sim.ledarray`.

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

from pathlib import Path
from typing import Any

import numpy as np

from sim.camera import SimulatedCamera
from sim.devices import Axis, Link, SimulatedDevice
from sim.ledarray.rig import open_ledarray
from sim.microscope_options import MicroscopeOptions, find_scene
from sim.pace import Pace
from sim.rig import SimulatedKind, SimulatedRig, float_axis, present_settings
from sim.scenes import SCENES, load_scene, make_scene
from sim.sensor import Sensor
from sim.stand import (
    READOUT_MS,
    camera_axes,
    draw_aberration_nm,
    focus_axis,
    mirror_axes,
    stage_axes,
)
from sim.truth import Truth
from sim.widefield import Conditions, Sample, Widefield


def open_microscope(options: MicroscopeOptions, pace: Pace) -> SimulatedRig:
    """Make a microscope: dark, stage and focus at 0, mirror flat."""
    if options.contrast == "phase":
        return open_ledarray(options, pace)
    link = Link()
    devices: list[SimulatedDevice] = []
    path, stage_range_um = _light_path(options)
    truth = Truth(path, lambda: present_settings(devices))

    def device(label: str, *axes: Axis) -> SimulatedDevice:
        return SimulatedDevice(label, axes, pace, link, truth)

    camera = SimulatedCamera(
        "camera",
        camera_axes(),
        pace,
        link,
        truth,
        expose=lambda: path.expose(Conditions.of(present_settings(devices))),
        saturation_adu=path.sensor.saturation_adu,
        readout_ms=READOUT_MS,
        serial=options.serial,
    )
    devices += (
        device("stage", *stage_axes(stage_range_um)),
        device("focus", focus_axis()),
        device("light", float_axis("light.power_mw", 0.0, 10.0, role="light")),
        device("mirror", *mirror_axes()),
        camera,
    )
    return SimulatedRig(devices, link, truth, ("numpy", "scipy", "scikit-image", "torch"))


KIND = SimulatedKind(MicroscopeOptions, open_microscope, find_scene)


def _light_path(
    options: MicroscopeOptions,
) -> tuple[Widefield, tuple[tuple[float, float], tuple[float, float]]]:
    """Put the parts together; return them with the stage's range in y and x, um."""
    scene_rng, aberration_rng, sensor_rng, noise_rng = (
        np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)
    )
    if options.scene in SCENES:
        shape = (options.scene_samples, options.scene_samples)

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
    path = Widefield(
        sample=sample,
        objective=options.objective,
        sensor=Sensor(options.sensor, (options.height_px, options.width_px), sensor_rng),
        pixel_um=options.pixel_um,
        aberration_nm=draw_aberration_nm(options.aberration_rms_nm, aberration_rng),
        rng=noise_rng,
        lamp_flicker=options.lamp_flicker,
    )
    return path, options.scene_range_um(shape)
