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

from sim.microscope.fluorescence import further as more
from sim.microscope.fluorescence.imager import AIRY_TAIL_UM, corners
from sim.microscope.fluorescence.nonnegative import nonnegative
from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.fluorescence.scenes import mean_one
from sim.microscope.stand.mirror import MIRROR_SETTINGS, MODES
from sim.numerics.mosaic import mosaic, moved
from sim.numerics.periodic import cut
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
    also
        Unknowns beside the aberration, of `sim.microscope.fluorescence.more.NAMES`.
    scene_known
        Whether the scene is the path's own, and light and haze are told by it.
    """

    planes = 1
    aliased = False
    steers = True
    places: tuple[str, ...] = ("stage.x_um", "stage.y_um")
    settings: tuple[str, ...] = (
        *("light.power_mw", "camera.exposure_ms", "camera.binning", "focus.z_um"),
        *MIRROR_SETTINGS,
    )

    lights: tuple[str, ...] = (more.LIGHT,)
    graded: tuple[str, ...] = ()
    further: tuple[str, ...] = more.NAMES
    suspected: tuple[Unknown, ...] = ()

    def __init__(
        self, path: FluorescencePath, also: Sequence[str] = (), scene_known: bool = False
    ) -> None:
        options = path.options
        if options.bleaching:
            raise ValueError("a sample that bleaches shines otherwise in each trial")
        more.check(also)
        self._path, self.scene_known = path, scene_known
        start = options.aberration_nm or (0.0,) * len(MODES)
        aberration = tuple(
            Unknown(f"aberration_nm.z{j}", "nm", first, _SCALE_NM, -_LARGEST_NM, _LARGEST_NM)
            for j, first in zip(MODES, start, strict=True)
        )
        every = more.further(options)
        asked = [every[name] for name in dict.fromkeys(also)]
        light = (every[more.LIGHT], every[more.HAZE]) if scene_known else ()
        told = [one for one in asked if scene_known or one.name not in more.OF_SCENE]
        self.unknowns: tuple[Unknown, ...] = (*aberration, *told, *light)
        self.untold = tuple(one for one in asked if one not in told)
        self.light = (len(self.unknowns) - 2, len(self.unknowns) - 1)
        self._quadrature = PupilQuadrature(path.objective, MODES)

    def with_further(self, names: Sequence[str], scene_known: bool = False) -> FluorescenceUnknown:
        """See `SceneOptics`."""
        return FluorescenceUnknown(self._path, names, scene_known)

    def said_otherwise(self, name: str, value: float) -> FluorescenceUnknown:
        """See `SceneOptics`; there is none."""
        raise ValueError(f"{name} is not suspected")

    def known_scenes(
        self, places: Sequence[Settings], grid: tuple[int, int]
    ) -> NDArray[np.float32]:
        """See `SceneOptics`."""
        density = torch.from_numpy(self._path.scene)
        first = self._first(grid)
        whole, rest = corners(density.shape, self._path.imager.instrument, _centres(places))
        crops = [
            cut(density, top - first[0], left - first[1], *grid)
            for top, left in whole.long().tolist()
        ]
        found: NDArray[np.float32] = moved(torch.stack(crops).numpy(), rest)
        return found[:, None]

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
        dose_uj: float | torch.Tensor
        dose_uj = float(settings["light.power_mw"]) * float(settings["camera.exposure_ms"])
        options, by_name = self._path.options, self._further(values)
        mirror, z_um = more.really(options, by_name, settings)
        transfer = self._path.imager.formation.transfer(grid, values[: len(MODES)] + mirror, z_um)
        if more.BLUR in by_name:
            blur = by_name[more.BLUR]
            transfer = more.blurred(transfer, blur, options.blur_nm, self._path.pitch_um)
        spec = options.sensor
        if self.scene_known:
            dose_uj = dose_uj * by_name[more.LIGHT]
        each = int(settings["camera.binning"])
        dark = spec.dark_current_e_per_s * float(settings["camera.exposure_ms"]) / 1e3
        even = torch.tensor(dark * each**2, dtype=torch.float64)
        if self.scene_known:
            haze = by_name[more.HAZE]
            even = even + dose_uj * spec.quantum_efficiency * haze * each**2
        return Response(
            transfer[None] * (dose_uj * spec.quantum_efficiency),
            even,
            self._sampling(grid, each),
        )

    def converter(self, settings: Settings) -> SensorNoise:
        """See `SceneOptics`."""
        return self._path.noise_model(settings)

    def correction(self, values: Sequence[float]) -> dict[str, float]:
        """See `SceneOptics`."""
        hidden = np.asarray(values)[: len(MODES)]
        wanted = -(hidden + self._quadrature.modes_of_mismatch_nm())
        flat = dict(zip(MIRROR_SETTINGS, wanted.tolist(), strict=True)) | {"focus.z_um": 0.0}
        return more.axes_of(self._path.options, self._named(values)).said(flat)

    def finish(
        self,
        values: Sequence[float],
        scenes: NDArray[np.float32],
        places: Sequence[Settings],
        floor: tuple[float, float],
    ) -> Finished:
        """See `SceneOptics`."""
        named = self._named(values)
        ours = {
            "aberration_nm": [float(value) for value in values[: len(MODES)]],
            **more.said(self._path.options, named),
        }
        if self.scene_known:
            return Finished(ours, ("aberration_rms_nm", "scene_um"), self._path.scene, ())
        shine = self._plane(scenes[:, 0], places)
        mean = float(scenes[:, 0][(slice(None), *self._inside(scenes.shape[-2:]))].mean())
        haze, highest = (min(max(0.0, one), 0.999 * mean) for one in floor)
        highest = max(haze, highest)
        together = "light and background: only their product light (1 + background) is told well"
        told = (
            Told("photons_per_uj", "photons/uJ", mean - haze, mean - highest, mean, together),
            Told("background", "", haze / (mean - haze), 0.0, highest / (mean - highest), together),
        )
        best = self._path.imager.formation.transfer(
            (shine.shape[0], shine.shape[1]), torch.zeros(len(MODES), dtype=torch.float64), 0.0
        )
        # the haze goes into the scene: taken off, deep places would be darker than dark
        density = nonnegative(shine, best)
        light = float(density.mean(dtype=np.float64))
        options = {**ours, "photons_per_uj": light, "background": 0.0}
        return Finished(options, ("aberration_rms_nm", "scene_um"), mean_one(density), told)

    def _named(self, values: Sequence[float]) -> dict[str, float]:
        names = [one.name for one in self.unknowns[len(MODES) :]]
        return dict(zip(names, map(float, values[len(MODES) :]), strict=True))

    def _further(self, values: torch.Tensor) -> dict[str, torch.Tensor]:
        rest = self.unknowns[len(MODES) :]
        return {one.name: values[len(MODES) + place] for place, one in enumerate(rest)}

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
        centres = _centres(places)
        grid = shine.shape[-2:]
        down, across = (
            2 * ceil(float(centres[:, axis].abs().max()) / pitch_um) + grid[axis] + 2
            for axis in range(2)
        )
        whole, rest = corners(torch.Size((down, across)), one, centres)
        first = whole.long().numpy()
        return mosaic(moved(shine, -rest), first, self._inside(grid), (down, across))


def _centres(places: Sequence[Settings]) -> torch.Tensor:
    return torch.tensor(
        [[float(place["stage.y_um"]), float(place["stage.x_um"])] for place in places],
        dtype=torch.float64,
    )


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
