"""What frames of a fluorescence microscope can tell of it: its aberration, light and haze.

The scene is what shines: photons that a sample sends to a pixel for each uJ, haze and all. Optics
and pixel pass the frequency 0 whole, whatever the aberration, so that light and haze act through
the scene alone. They are told apart by its darkest place: a density is nowhere negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray

from sim.microscope.fluorescence.imager import AIRY_TAIL_UM, corners
from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.fluorescence.scenes import mean_one
from sim.microscope.stand.mirror import MIRROR_SETTINGS, MODES
from sim.numerics.mosaic import mosaic, moved
from sim.numerics.pupil import PupilQuadrature
from sim.numerics.sampling import Sampling, blocks
from sim.parts.sensor import SensorNoise
from sim.parts.unknown import Finished, Response, Settings, Told, Unknown

MOST_GUARD = 64
"""Scene samples around a field at most: what is blurred further tells little of the optics."""
_SCALE_NM = 10.0
_LARGEST_NM = 300.0


class FluorescenceUnknown:
    """See `sim.parts.unknown.SceneOptics`.

    Parameters
    ----------
    path
        The light path whose unknowns are asked for; its hidden numbers are not looked at.
    """

    planes = 1
    places: tuple[str, ...] = ("stage.x_um", "stage.y_um")
    settings: tuple[str, ...] = (
        *("light.power_mw", "camera.exposure_ms", "camera.binning", "focus.z_um"),
        *MIRROR_SETTINGS,
    )

    def __init__(self, path: FluorescencePath) -> None:
        options = path.options
        if options.bleaching:
            raise ValueError("a sample that bleaches shines otherwise in each trial")
        self._path = path
        start = options.aberration_nm or (0.0,) * len(MODES)
        self.unknowns = tuple(
            Unknown(f"aberration_nm.z{j}", "nm", first, _SCALE_NM, -_LARGEST_NM, _LARGEST_NM)
            for j, first in zip(MODES, start, strict=True)
        )
        self._quadrature = PupilQuadrature(path.objective, MODES)

    def frame_shape(self, settings: Settings) -> tuple[int, int]:
        """See `SceneOptics`."""
        height, width = self._path.sensor.shape
        each = int(settings["camera.binning"])
        return height // each, width // each

    def grid(self, settings: Sequence[Settings]) -> tuple[int, int]:
        """See `SceneOptics`."""
        blur_um = max(
            self._quadrature.blur_radius_um(_mirror(one), float(one["focus.z_um"]))
            for one in settings
        )
        guard = min(MOST_GUARD, ceil((blur_um + AIRY_TAIL_UM) / self._path.pitch_um))
        height, width = (size * self._step + 2 * guard for size in self._path.sensor.shape)
        return _fast(height), _fast(width)

    def respond(self, values: torch.Tensor, settings: Settings, grid: tuple[int, int]) -> Response:
        """See `SceneOptics`."""
        dose_uj = float(settings["light.power_mw"]) * float(settings["camera.exposure_ms"])
        modes = values + torch.tensor(_mirror(settings), dtype=torch.float64)
        z_um = float(settings["focus.z_um"])
        formation = self._path.imager.formation
        transfer = formation.transfer(grid, modes, torch.tensor(z_um, dtype=torch.float64))
        spec = self._path.options.sensor
        each = int(settings["camera.binning"])
        dark = spec.dark_current_e_per_s * float(settings["camera.exposure_ms"]) / 1e3
        return Response(
            transfer[None] * (dose_uj * spec.quantum_efficiency),
            torch.tensor(dark * each**2, dtype=torch.float64),
            self._sampling(grid, each),
        )

    def converter(self, settings: Settings) -> SensorNoise:
        """See `SceneOptics`."""
        return self._path.noise_model(settings)

    def correction(self, values: Sequence[float]) -> dict[str, float]:
        """See `SceneOptics`."""
        wanted = -(np.asarray(values) + self._quadrature.modes_of_mismatch_nm())
        return dict(zip(MIRROR_SETTINGS, wanted.tolist(), strict=True)) | {"focus.z_um": 0.0}

    def finish(
        self,
        values: Sequence[float],
        scenes: NDArray[np.float32],
        places: Sequence[Settings],
        floor: tuple[float, float],
    ) -> Finished:
        """See `SceneOptics`."""
        shine = self._plane(scenes[:, 0], places)
        mean = float(scenes[:, 0][(slice(None), *self._inside(scenes.shape[-2:]))].mean())
        haze, highest = (min(max(0.0, one), 0.999 * mean) for one in floor)
        highest = max(haze, highest)
        together = "light and background: only their product light (1 + background) is told well"
        told = (
            Told("photons_per_uj", "photons/uJ", mean - haze, mean - highest, mean, together),
            Told("background", "", haze / (mean - haze), 0.0, highest / (mean - highest), together),
        )
        density = np.maximum(shine - np.float32(haze), 0)
        # the file's mean becomes 1: what the mean over all of it differs from that of the fields
        ratio = float(density.mean(dtype=np.float64)) / (mean - haze)
        light = (mean - haze) * ratio
        options = {
            "aberration_nm": [float(value) for value in values],
            "photons_per_uj": light,
            "background": haze / light,
        }
        return Finished(options, ("aberration_rms_nm", "scene_um"), mean_one(density), told)

    @property
    def _step(self) -> int:
        return self._path.options.samples_per_pixel

    def _first(self, grid: Sequence[int]) -> tuple[int, int]:
        """Rows and columns of the grid that lie before the first pixel."""
        height, width = self._path.sensor.shape
        return (grid[0] - height * self._step) // 2, (grid[1] - width * self._step) // 2

    def _inside(self, grid: Sequence[int]) -> tuple[slice, slice]:
        first = self._first(grid)
        rows, columns = (
            slice(begin, begin + size * self._step)
            for begin, size in zip(first, self._path.sensor.shape, strict=True)
        )
        return rows, columns

    def _sampling(self, grid: tuple[int, int], each: int) -> Sampling:
        first, step = self._first(grid), self._step
        if each == 1:
            rows, columns = self._inside(grid)
            return Sampling(
                slice(rows.start, rows.stop, step), slice(columns.start, columns.stop, step), grid
            )
        down, across = (
            blocks(count, each, begin, step, size)
            for count, begin, size in zip(self._path.sensor.shape, first, grid, strict=True)
        )
        return Sampling(down, across, grid)

    def _plane(self, shine: NDArray[np.float32], places: Sequence[Settings]) -> NDArray[np.float32]:
        """Lay the fields into one plane, each at its place; elsewhere they go on, mirrored."""
        one = self._path.imager.instrument
        pitch_um = one.pitch_um
        centres = torch.tensor(
            [[float(place["stage.y_um"]), float(place["stage.x_um"])] for place in places],
            dtype=torch.float64,
        )
        grid = shine.shape[-2:]
        down, across = (
            2 * ceil(float(centres[:, axis].abs().max()) / pitch_um) + grid[axis] + 2
            for axis in range(2)
        )
        whole, rest = corners(torch.Size((down, across)), one, centres)
        first = whole.long().numpy()
        return mosaic(moved(shine, -rest), first, self._inside(grid), (down, across))


def _mirror(settings: Settings) -> list[float]:
    return [float(settings[name]) for name in MIRROR_SETTINGS]


def _fast(size: int) -> int:
    """Give the next even size that a Fourier transform is quick at."""
    while True:
        left = size
        for prime in (2, 3, 5):
            while left % prime == 0:
                left //= prime
        if left == 1 and size % 2 == 0:
            return size
        size += 1
