"""From the modulator's frame to the camera's.

h, z : (modes,) hidden aberration and what was commanded, nm rms
P    : intensity of slmsuite's far field, shifted back by the grating, of sum 1
S    : the sample at the stage's place, mean 1
e    : expected electrons, the light times ``S`` folded with ``P``
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.slm.device import ModulatorDevice
from drivers.slm.kind import CheckedPupil
from drivers.types import Floats, Pixels, Value
from sim.microscope.fluorescence.scenes import make_scene
from sim.modulator.options import SimulatedTable
from sim.numerics.zernike import zernike
from sim.parts.sensor import Sensor, SensorNoise, SensorSpec

PITCH_UM = 0.1
SCENE_PX = 1024
MARGIN_PX = 32  # beyond the frame: light that folds into it comes from there


class ModulatedPath:
    """Sample, modulator, aberration and sensor.

    Parameters
    ----------
    table
        What the rig file says.
    pupil
        The same, with its files read.

    Attributes
    ----------
    hidden_nm
        By Noll index, the hidden aberration.
    modulator, camera
        The modes, and slmsuite's camera; set when they are open.
    sensor
        Of the frames.
    """

    def __init__(self, table: SimulatedTable, pupil: CheckedPupil) -> None:
        seeds = np.random.SeedSequence(table.seed).spawn(4)
        scene_rng, hidden_rng, sensor_rng, self._rng = map(np.random.default_rng, seeds)
        self._table, self._pupil, self._scene_rng = table, pupil, scene_rng
        draws = hidden_rng.standard_normal(len(pupil.noll))
        draws *= table.aberration_rms_nm / np.linalg.norm(draws)
        self.hidden_nm = dict(zip(pupil.noll, draws.tolist(), strict=True))
        spec = SensorSpec(read_noise_e=table.read_noise_e)
        self.sensor = Sensor(spec, pupil.panel.shape, sensor_rng)
        self.modulator: ModulatorDevice | None = None
        self.camera: Any = None

    def illuminate(self, slm: Any, camera: Any) -> None:
        """Put the light, the aberration and the true response of the levels on the modulator."""
        x, y = coordinates(self._pupil)
        rho, theta = np.hypot(x, y), np.arctan2(y, x)
        inside = rho <= 1
        phase = np.zeros(inside.shape)
        for j, amount_nm in self.hidden_nm.items():
            wavelength_nm = self._pupil.panel.wavelength_nm
            phase += 2 * np.pi * amount_nm / wavelength_nm * zernike(j, rho, theta)
        slm.source["amplitude_sim"] = inside.astype(np.float32)
        slm.source["phase_sim"] = (phase * inside).astype(np.float32)
        slm.gamma_sim = -self._pupil.turns  # slmsuite counts levels as falling phase
        self.camera = camera

    @cached_property
    def scene(self) -> NDArray[np.float32]:
        """The whole sample, periodic."""
        shape = (SCENE_PX, SCENE_PX)
        return make_scene(self._table.scene, shape, PITCH_UM, self._scene_rng)

    def point_image(self) -> Floats:
        """Give P, its middle at [0, 0], for what the modulator shows."""
        return self._shifted(np.asarray(self.camera.render(), np.float64))

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of the next frame."""
        return self.sensor.expected_electrons(self._photons(settings), _exposure_ms(settings))

    def expose(self, settings: Mapping[str, Value]) -> Pixels:
        """Take a frame."""
        return self.sensor.read_out(self.expected_electrons(settings), 1, self._rng)

    def noise_model(self, settings: Mapping[str, Value]) -> SensorNoise:
        """Numbers for the rig file's ``[noise]``."""
        return self.sensor.noise_model(1)

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Strehl ratio, and what is left of the aberration, nm rms."""
        peak = float(self.point_image()[0, 0])
        return {"strehl": peak / self._best_peak, "residual_nm": self.residual_nm()}

    def residual_nm(self, values: Mapping[str, Value] | None = None) -> float:
        """Tell what is left of the aberration, nm rms, at these modes instead of the present ones.

        Modes that are left out are at 0.
        """
        squares = 0.0
        for j, hidden_nm in self.hidden_nm.items():
            name = f"{self._pupil.table.label}.z{j}_nm"
            if values is not None:
                told = values.get(name, 0.0)
            else:
                told = self.modulator.read(name) if self.modulator else 0.0
            squares += (hidden_nm + float(told)) ** 2
        return math.sqrt(squares)

    def _photons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        rows, columns = self._pupil.panel.shape
        side = (rows + 2 * MARGIN_PX, columns + 2 * MARGIN_PX)
        top = round(float(settings["stage.y_um"]) / PITCH_UM) - MARGIN_PX
        left = round(float(settings["stage.x_um"]) / PITCH_UM) - MARGIN_PX
        window = np.ix_(
            np.arange(top, top + side[0]) % SCENE_PX, np.arange(left, left + side[1]) % SCENE_PX
        )
        spread = np.zeros(side)
        centred = np.fft.fftshift(self.point_image())
        spread[MARGIN_PX : MARGIN_PX + rows, MARGIN_PX : MARGIN_PX + columns] = centred
        # The middle of a box of even or odd size is where fftshift puts the origin.
        origin = (MARGIN_PX + rows // 2, MARGIN_PX + columns // 2)
        spread = np.roll(spread, (-origin[0], -origin[1]), axis=(0, 1))
        image = np.fft.irfft2(np.fft.rfft2(self.scene[window]) * np.fft.rfft2(spread), side)
        seen = image[MARGIN_PX : MARGIN_PX + rows, MARGIN_PX : MARGIN_PX + columns]
        light = float(settings["light.power_mw"]) * _exposure_ms(settings)
        return (np.maximum(seen, 0) * light * self._table.photons_per_mw_ms).astype(np.float32)

    def _shifted(self, intensity: Floats) -> Floats:
        """Bring the order of the grating to [0, 0]; a far field is that of a finite pupil."""
        shifted = np.fft.irfft2(np.fft.rfft2(intensity) * far_shift(self._pupil), intensity.shape)
        shifted = np.maximum(shifted, 0)  # between samples it rings
        return np.asarray(shifted / shifted.sum(), dtype=np.float64)

    @cached_property
    def _best_peak(self) -> float:
        """The peak of P without aberration and without levels, of the pupil alone."""
        x, y = coordinates(self._pupil)
        inside = np.hypot(x, y) <= 1
        return float(inside.sum() / inside.size)


def coordinates(pupil: CheckedPupil) -> tuple[Floats, Floats]:
    """Give x to the right and y up of every pixel of the panel, 1 at the pupil's edge."""
    rows, columns = pupil.panel.shape
    place = pupil.place
    x = (np.arange(columns) - place.center_x_px)[None, :] / place.radius_px
    y = (place.center_y_px - np.arange(rows))[:, None] / place.radius_px
    return np.broadcast_to(x, (rows, columns)), np.broadcast_to(y, (rows, columns))


def far_shift(pupil: CheckedPupil) -> NDArray[np.complex128]:
    """Give what brings the grating's order to [0, 0], by frequency of `rfft2` of the far field."""
    rows, columns = pupil.panel.shape
    place = pupil.place
    down = rows // 2 - place.grating_y_px * rows
    right = columns // 2 + place.grating_x_px * columns
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)
    return np.asarray(np.exp(2j * np.pi * (fy * down + fx * right)))


def _exposure_ms(settings: Mapping[str, Value]) -> float:
    return float(settings["camera.exposure_ms"])
