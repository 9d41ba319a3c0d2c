"""What frames of a push-broom telescope can tell of it: its focus, its shutter, haze.

The scene is the ground's reflectance as the band sees it, what the air sends up included. It is
sampled at half a pixel across the track and at whole fractions of a line along it, since images
alias: the telescope resolves more than pixels do. Haze is told by the darkest place alone (P. S.
Chavez, Remote Sens. Environ. 24, 459 (1988)): no ground is darker than black.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray

from sim.numerics.mosaic import mosaic
from sim.numerics.sampling import Sampling
from sim.parts.sensor import SensorNoise
from sim.parts.unknown import Finished, Response, Settings, Told, Unknown
from sim.satellite.aperture_table import ApertureTable, step_um
from sim.satellite.imager import Exposure, SettingErrors
from sim.satellite.path import SatellitePath
from sim.satellite.radiometry import electron_rates

OFFSET, SCALE, SHUTTER = "focus_offset_um", "focus_scale", "exposure_offset_ms"
HAZE = "haze"
_GUARD = 24  # scene samples around a field
_LEAST_SIDE = 256
_MOST_HAZE = 2.0
_STILL = ("filter.centre_nm", "filter.width_nm", "camera.line_rate_khz")
_MOVED = {"telescope.focus_um": 3, "camera.exposure_ms": 2}
_DARKEST = "by the darkest place alone, taken as black; the ground's reflectance goes with it"


_OTHER_TELESCOPE = (
    "it is not what the rig file says; a telescope of another aperture or focal length than is said"
    " would seem so, too: few trials do not tell them apart"
)


class SatelliteUnknown:
    """See `sim.parts.unknown.SceneOptics`.

    Parameters
    ----------
    path
        The light path whose unknowns are asked for.
    looked_up
        Whether transfers are looked up in tables: they take time to make, and are worth it where
        many values are tried.
    """

    planes = 1
    places: tuple[str, ...] = ("pointing.along_km", "pointing.across_km")
    settings: tuple[str, ...] = (
        *("telescope.focus_um", *_STILL),
        *("camera.exposure_ms", "camera.gain", "camera.binning"),
    )
    lights: tuple[str, ...] = ("transmission",)
    graded: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    untold: tuple[Unknown, ...] = ()
    scene_known = False
    aliased = True
    steers = False
    light = (0, 0)

    def __init__(self, path: SatellitePath, *, looked_up: bool = True) -> None:
        options = path.options
        self._path, self._looked_up = path, looked_up
        self._still: Settings = {}
        self._tables: dict[tuple[float, ...], ApertureTable] = {}
        self.unknowns: tuple[Unknown, ...] = (
            Unknown(OFFSET, "um", options.focus_offset_um, 5.0, -200.0, 200.0),
            Unknown(SCALE, "", options.focus_scale, 0.1, 0.2, 5.0, seems=_OTHER_TELESCOPE),
            Unknown(SHUTTER, "ms", options.exposure_offset_ms, 0.003, -1.0, 1.0),
        )
        wide = options.aperture_mm
        self.suspected: tuple[Unknown, ...] = (
            Unknown("aperture_mm", "mm", wide, 0.05 * wide, 0.1 * wide, 10 * wide),
            Unknown("obscuration", "", options.obscuration, 0.1, 0.0, 0.8),
        )

    def with_further(self, names: Sequence[str], scene_known: bool = False) -> SatelliteUnknown:
        """See `SceneOptics`; there is no more."""
        if scene_known:
            raise ValueError("a known scene is not fitted with, allowed: without --scene-known")
        if names:
            raise ValueError(f"has no unknown {names[0]!r} beside {OFFSET}, {SCALE}, {SHUTTER}")
        return self

    def said_otherwise(self, name: str, value: float) -> SatelliteUnknown:
        """See `SceneOptics`."""
        other = SatellitePath(self._path.options.model_copy(update={name: value}))
        return SatelliteUnknown(other, looked_up=False)

    def known_scenes(
        self, places: Sequence[Settings], grid: tuple[int, int]
    ) -> NDArray[np.float32]:
        """See `SceneOptics`."""
        raise ValueError("a known scene is not fitted with")

    def frame_shape(self, settings: Settings) -> tuple[int, int]:
        """See `SceneOptics`."""
        side = self._path.options.side_px // _binning(settings)
        return side, side

    def grid(self, settings: Sequence[Settings]) -> tuple[int, int]:
        """See `SceneOptics`; all frames need one band, one line rate and one binning."""
        for name in _STILL:
            values = sorted({float(one[name]) for one in settings})
            if len(values) > 1:
                raise ValueError(
                    f"{name} moved ({values[0]:g} to {values[-1]:g}) and with it the scene,"
                    " allowed: one value in all trials"
                )
        binnings = sorted({_binning(one) for one in settings})
        if len(binnings) > 1:
            problem = f"camera.binning moved ({binnings[0]} to {binnings[-1]}) and with it the"
            raise ValueError(f"{problem} pixels, allowed: one value in all trials")
        for name, least in _MOVED.items():
            found = len({float(one[name]) for one in settings})
            if found < least:
                problem = f"{name} took {found} of the values that tell the unknowns"
                raise ValueError(f"{problem}, allowed: {least} or more that differ")
        self._still = {name: settings[0][name] for name in _STILL}
        side, per_line = self._path.options.side_px, self._per_line(settings[0])
        return _fast(side * per_line + 2 * _GUARD, per_line), _fast(2 * side + 2 * _GUARD, 2)

    def respond(self, values: torch.Tensor, settings: Settings, grid: tuple[int, int]) -> Response:
        """See `SceneOptics`."""
        optics, one = self._path.telescope, self._path.telescope.telescope
        exposure = Exposure.of(settings, SettingErrors(*values))
        row_m = self._line_m(settings) / self._per_line(settings)
        fy = torch.fft.fftfreq(grid[0], dtype=torch.float64) / row_m
        fx = torch.fft.rfftfreq(grid[1], one.ground_m / 2, dtype=torch.float64)
        aperture = self._aperture(exposure, fy, fx)
        transfer, ground, _ = optics.system(exposure, fy, fx, aperture)
        light = torch.einsum("l,lyx->yx", ground, transfer) * exposure.time_s
        binning = _binning(settings)
        if binning > 1:
            light = light * _sum_of(binning, (self._per_line(settings), 2), grid)
        even = binning**2 * one.dark_e_per_s * exposure.time_s
        return Response(light[None], even, self._sampling(settings, grid))

    def _aperture(self, exposure: Exposure, fy: torch.Tensor, fx: torch.Tensor) -> torch.Tensor:
        if not self._looked_up:
            return self._path.telescope.aperture(exposure, fy, fx)
        band = float(exposure.centre_nm), float(exposure.width_nm), float(exposure.lines_per_s)
        key = (*band, len(fy), len(fx))
        if key not in self._tables:
            optics = self._path.telescope

            def at(focus_um: float) -> torch.Tensor:
                focus = torch.tensor(focus_um, dtype=torch.float64)
                return optics.aperture(replace(exposure, focus_um=focus), fy, fx)

            shortest_nm = band[0] - band[1] / 2
            self._tables[key] = ApertureTable(step_um(optics.telescope.f_number, shortest_nm), at)
        return self._tables[key](exposure.focus_um)

    def converter(self, settings: Settings) -> SensorNoise:
        """See `SceneOptics`."""
        return self._path.noise_model(settings)

    def correction(self, values: Sequence[float]) -> dict[str, float]:
        """See `SceneOptics`."""
        return {"telescope.focus_um": -float(values[0]) / float(values[1])}

    def finish(
        self,
        values: Sequence[float],
        scenes: NDArray[np.float32],
        places: Sequence[Settings],
        floor: tuple[float, float],
    ) -> Finished:
        """See `SceneOptics`."""
        haze, highest = (self._haze(one) for one in floor)
        ground, air = self._rates(haze)
        bare, _ = self._rates(self._path.options.haze)
        reflectance = (self._plane(scenes[:, 0], places) * bare - air) / ground
        land = np.clip(reflectance, 0, 1).astype(np.float32)
        named = (one.name for one in self.unknowns)
        options = {**dict(zip(named, map(float, values), strict=True)), HAZE: haze}
        told = (Told(HAZE, "", haze, 0.0, highest, _DARKEST),)
        return Finished(
            options, (), np.ascontiguousarray(np.broadcast_to(land, (4, *land.shape))), told
        )

    def _haze(self, floor: float) -> float:
        """Tell the haze that sends up so much, in reflectances through the air as it is said."""
        bare, _ = self._rates(self._path.options.haze)
        low, high = 0.0, _MOST_HAZE
        if self._rates(low)[1] >= floor * bare:
            return low
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self._rates(middle)[1] < floor * bare else (low, middle)
        return high

    def _rates(self, haze: float) -> tuple[float, float]:
        """Electrons a second from reflectance 1 and from the air, in the band of the frames."""
        centre, width = (float(self._still[name]) for name in _STILL[:2])
        nodes, weights = np.polynomial.legendre.leggauss(8)
        one = self._path.telescope.telescope
        rates = electron_rates(
            torch.from_numpy(centre + width / 2 * nodes),
            *(one.etendue_m2_sr, one.sun_cosine, haze, one.peak_efficiency),
        )
        ground, air = (float(rate @ torch.from_numpy(weights)) * width / 2 for rate in rates)
        return ground, air

    def _line_m(self, settings: Settings) -> float:
        speed_m_s = self._path.telescope.telescope.speed_m_s
        return speed_m_s / (1e3 * float(settings["camera.line_rate_khz"]))

    def _per_line(self, settings: Settings) -> int:
        """Scene samples from line to line: about as far apart as across the track."""
        return max(1, round(self._line_m(settings) / (self._path.telescope.telescope.ground_m / 2)))

    def _sampling(self, settings: Settings, grid: tuple[int, int]) -> Sampling:
        rows, columns = self._inside(grid, self._per_line(settings), _binning(settings))
        return Sampling(rows, columns, grid)

    def _inside(
        self, grid: tuple[int, int], per_line: int, binning: int = 1
    ) -> tuple[slice, slice]:
        """Tell the samples of pixels; of those that are binned the first of each sum."""
        side = self._path.options.side_px
        rows, columns = (
            slice(first, first + side // binning * binning * step, binning * step)
            for first, step in (
                ((size - side * step) // 2, step)
                for size, step in zip(grid, (per_line, 2), strict=True)
            )
        )
        return rows, columns

    def _plane(self, shine: NDArray[np.float32], places: Sequence[Settings]) -> NDArray[np.float32]:
        """Lay the fields onto the ground, each at its place; elsewhere they go on, mirrored."""
        one, grid = self._path.telescope.telescope, (shine.shape[-2], shine.shape[-1])
        step_m, per_line = one.ground_m / 2, self._per_line(self._still)
        line = self._line_m(self._still) / step_m
        pixels = self._inside(grid, per_line)
        size = (ceil(line * one.side_px), 2 * one.side_px)
        centres = np.array(
            [[1e3 * float(place[name]) / step_m for name in self.places] for place in places]
        )
        side = _LEAST_SIDE
        while side / 2 < np.abs(centres).max() + max(size) / 2 + 2 * _GUARD:
            side += 32
        # where the simulator looks its lines and columns up (`sim.satellite.imager`)
        first = centres + side // 2 - np.array([(one.side_px - 1) / 2 * line, one.side_px - 0.5])
        corners = np.floor(first).astype(np.int64)
        steps = (line / per_line, 1.0)
        laid = []
        for image, corner, begin in zip(shine, corners, first, strict=True):
            for axis in (0, 1):
                count = size[axis] + 2 * _GUARD
                at = np.arange(count) - _GUARD + corner[axis] - begin[axis]
                image = _looked_up(image, at / steps[axis] + pixels[axis].start, axis)
            laid.append(image)
        inside = tuple(slice(_GUARD, _GUARD + count) for count in size)
        return mosaic(np.stack(laid), corners, (inside[0], inside[1]), (side, side))


def _binning(settings: Settings) -> int:
    return int(settings["camera.binning"])


def _sum_of(binning: int, steps: tuple[int, int], grid: tuple[int, int]) -> torch.Tensor:
    """Transfer of sums of so many pixels along each axis, the first of them where it is."""
    waves = (torch.fft.fftfreq(grid[0]).double(), torch.fft.rfftfreq(grid[1]).double())
    down, across = (
        torch.exp(2j * torch.pi * torch.outer(f, step * torch.arange(binning))).sum(dim=1)
        for f, step in zip(waves, steps, strict=True)
    )
    return down[:, None] * across[None, :]


def _looked_up(
    image: NDArray[np.float32], at: NDArray[np.float64], axis: int
) -> NDArray[np.float32]:
    """Look a periodic image up between its samples."""
    size = image.shape[axis]
    spectrum = np.fft.fft(image, axis=axis)
    waves = np.exp(2j * np.pi * at[:, None] * np.fft.fftfreq(size)[None, :]) / size
    found = np.tensordot(waves, spectrum, axes=(1, axis))
    return np.moveaxis(found.real, 0, axis).astype(np.float32)


def _fast(size: int, step: int) -> int:
    """Give the next size that a Fourier transform is quick at, even and a multiple of `step`."""
    while True:
        left = size
        for prime in (2, 3, 5):
            while left % prime == 0:
                left //= prime
        if left <= 7 and size % 2 == 0 and size % step == 0:
            return size
        size += 1
