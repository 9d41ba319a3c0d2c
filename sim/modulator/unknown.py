"""What frames of a microscope with a modulator can tell of its aberration.

h, z : (modes,) aberration and what was commanded, nm rms
phi  : 2 pi / wavelength * sum over modes of (h + z) Z, with the modulator's flat and its own modes
P    : |far field of the pupil at phi|^2 as `sim.modulator.path` has it, of sum 1, its middle at 0
T    : its transform on the scene's grid, times the light

The levels' rounding is left out: the phase is what was asked for. The scene is what the sample
sends to a pixel for each mW and ms, light of the rig and all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from drivers.slm.kind import CheckedPupil
from sim.modulator.path import MARGIN_PX, ModulatedPath, coordinates, far_shift
from sim.numerics.sampling import Sampling
from sim.numerics.zernike import zernike
from sim.parts.sensor import SensorNoise
from sim.parts.unknown import Finished, Response, Settings, Unknown

_SCALE_NM = 10.0
_LARGEST_NM = 300.0
_NO_TWIN = "'slm.simulated' is fitted by sampler 'model' alone: no twin of it can be written"


class ModulatedUnknown:
    """See `sim.parts.unknown.SceneOptics`.

    Parameters
    ----------
    path
        The light path whose unknowns are asked for; its hidden numbers are not looked at.
    pupil
        Where the modes are, its files read.
    """

    planes = 1
    aliased = False
    steers = True
    scene_known = False
    light = (0, 0)
    lights: tuple[str, ...] = ()
    untold: tuple[Unknown, ...] = ()
    further: tuple[str, ...] = ()
    suspected: tuple[Unknown, ...] = ()
    places: tuple[str, ...] = ("stage.x_um", "stage.y_um")

    def __init__(self, path: ModulatedPath, pupil: CheckedPupil) -> None:
        self._sensor, self._shape = path.sensor, pupil.panel.shape
        label, names = pupil.table.label, (*(f"z{j}_nm" for j in pupil.noll), *pupil.own.names)
        self._modes = tuple(f"{label}.{name}" for name in names)
        self.graded = self._modes
        self._noll = len(pupil.noll)
        self.settings: tuple[str, ...] = (
            *("light.power_mw", "camera.exposure_ms"),
            *self._modes,
        )
        self.unknowns: tuple[Unknown, ...] = tuple(
            Unknown(f"aberration_nm.z{j}", "nm", 0.0, _SCALE_NM, -_LARGEST_NM, _LARGEST_NM)
            for j in pupil.noll
        )
        self._pupil = _Pupil(pupil)

    def with_further(self, names: Sequence[str], scene_known: bool = False) -> ModulatedUnknown:
        """See `SceneOptics`; nothing more is unknown, and `hil twin fit` begins here.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(_NO_TWIN)

    def said_otherwise(self, name: str, value: float) -> ModulatedUnknown:
        """See `SceneOptics`; there is none."""
        raise ValueError(f"{name} is not suspected")

    def known_scenes(
        self, places: Sequence[Settings], grid: tuple[int, int]
    ) -> NDArray[np.float32]:
        """See `SceneOptics`; the scene is never taken as known."""
        raise ValueError(_NO_TWIN)

    def frame_shape(self, settings: Settings) -> tuple[int, int]:
        """See `SceneOptics`."""
        return self._shape

    def grid(self, settings: Sequence[Settings]) -> tuple[int, int]:
        """See `SceneOptics`; the box that the light of a frame goes round in."""
        rows, columns = self._shape
        return rows + 2 * MARGIN_PX, columns + 2 * MARGIN_PX

    def point_image(self, values: torch.Tensor, settings: Settings) -> torch.Tensor:
        """Give P, float64 on the panel's grid.

        Parameters
        ----------
        values
            (unknowns,) float64, the aberration, nm.
        settings
            The modes.
        """
        told = torch.stack(
            [torch.as_tensor(settings[name], dtype=torch.float64) for name in self._modes]
        )
        wavefront = told + torch.nn.functional.pad(values, (0, len(told) - self._noll))
        return self._pupil.point_image(wavefront)

    def respond(self, values: torch.Tensor, settings: Settings, grid: tuple[int, int]) -> Response:
        """See `SceneOptics`."""
        spec, (rows, columns) = self._sensor.spec, self._shape
        exposure_ms = float(settings["camera.exposure_ms"])
        light = float(settings["light.power_mw"]) * exposure_ms * spec.quantum_efficiency
        centred = torch.fft.fftshift(self.point_image(values, settings))
        spread = torch.nn.functional.pad(centred, (0, grid[1] - columns, 0, grid[0] - rows))
        spread = torch.roll(spread, (-(rows // 2), -(columns // 2)), (0, 1))
        down, across = (
            slice((whole - size) // 2, (whole - size) // 2 + size)
            for whole, size in zip(grid, self._shape, strict=True)
        )
        dark = torch.tensor(spec.dark_current_e_per_s * exposure_ms / 1e3, dtype=torch.float64)
        return Response(torch.fft.rfft2(spread)[None] * light, dark, Sampling(down, across, grid))

    def converter(self, settings: Settings) -> SensorNoise:
        """See `SceneOptics`."""
        return self._sensor.noise_model(1)

    def correction(self, values: Sequence[float]) -> dict[str, float]:
        """See `SceneOptics`; the modulator's flat is undone as well as the modes can."""
        wanted = -(np.asarray(values)[: self._noll] + self._pupil.flat_nm)
        return dict(zip(self._modes, wanted.tolist(), strict=False))

    def finish(
        self,
        values: Sequence[float],
        scenes: NDArray[np.float32],
        places: Sequence[Settings],
        floor: tuple[float, float],
    ) -> Finished:
        """See `SceneOptics`; `with_further` has refused before."""
        raise ValueError(_NO_TWIN)


class _Pupil:
    """The modes over the pupil, and their far field."""

    def __init__(self, pupil: CheckedPupil) -> None:
        x, y = coordinates(pupil)
        rho, theta = np.hypot(x, y), np.arctan2(y, x)
        inside = rho <= 1
        maps = [zernike(j, rho, theta)[inside] for j in pupil.noll]
        if pupil.own.maps is not None:
            maps.extend(np.asarray(one, np.float64)[inside] for one in pupil.own.maps)
        modes = np.stack(maps)
        flat_nm = np.zeros(modes.shape[1])
        if pupil.flat_nm is not None:
            flat_nm = np.asarray(pupil.flat_nm, np.float64)[inside]
        zernikes = modes[: len(pupil.noll)]
        self.flat_nm = np.linalg.lstsq(zernikes.T, flat_nm, rcond=None)[0]
        wave = 2 * np.pi / pupil.panel.wavelength_nm
        place = pupil.place
        grating = place.grating_x_px * x + place.grating_y_px * y
        still = 2 * np.pi * place.radius_px * grating[inside] + wave * flat_nm
        self._inside = torch.from_numpy(np.flatnonzero(inside))
        self._modes = torch.from_numpy(modes * wave)
        self._still = torch.from_numpy(still)
        self._shape = pupil.panel.shape

        self._shift = torch.from_numpy(far_shift(pupil))

    def point_image(self, wavefront_nm: torch.Tensor) -> torch.Tensor:
        """Give P where the modes, (modes,), come to so much."""
        phase = wavefront_nm @ self._modes + self._still
        near = torch.zeros(self._shape[0] * self._shape[1], dtype=torch.complex128)
        near = near.index_put((self._inside,), torch.exp(1j * phase)).view(self._shape)
        far = torch.fft.fftshift(torch.fft.fft2(near))
        intensity = far.real.square() + far.imag.square()
        image = torch.fft.irfft2(torch.fft.rfft2(intensity) * self._shift, s=self._shape)
        image = image.clamp(min=0)
        found: torch.Tensor = image / image.sum()
        return found
