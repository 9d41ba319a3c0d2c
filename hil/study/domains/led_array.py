"""Transparent samples under a ring of LEDs: its inner and outer aperture, and focus.

A wide source is bright and sharp, and shows hardly any phase; a narrow one shows phase, and is dim
and coarse; a ring beyond the objective's aperture shows scattered light alone. Power and exposure
are fixed, so that the lit part of the array says how much light there is. Flat cells, round cells
and beads are to be told apart by spectrum and histogram of a field; the path difference of squares
is to be restored from a window around them, about its mean there, since no light shows what is
even.
Fields that judge lie in other specimens than those that decoders learn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.camera import CameraNoise
from hil.study.domain import Observed, Setting, Side, Size, Task
from hil.study.family import Span, family
from hil.study.texture import texture
from sim.microscope.led_array.path import LedPath
from sim.microscope.options import MicroscopeOptions

if TYPE_CHECKING:
    import torch

SIDE_PX = 32  # of a field, 13 um
KINDS = ("adherent", "suspended", "beads")
NA, _ARRAY_NA, _MAGNIFICATION = 0.25, 0.35, 16.0
_SQUARES, _SQUARE_PX = 2, 4  # along each axis of a cell; 1.6 um, 1.5 lambda / (2 NA)
_CELLS, WINDOW_PX = 2, 20  # cells along each axis of a field's middle; seen around each
_POWER_MW, _EXPOSURE_MS = 250.0, 5.0
_PATCH = 16
AXES: Mapping[str, Any] = {
    "outer_na": Span(0.04, _ARRAY_NA, log=True),
    "inner_share": Span(0.0, 0.95),  # of the outer aperture
    "z_um": Span(0.0, 12.0),
}


class LedArray:
    """See the module, and `hil.study.domain.Domain`."""

    name = "led_array"
    fixed = f"an array of {_POWER_MW:g} mW if all were lit, {_EXPOSURE_MS:g} ms"
    tasks = (Task("naming", "label"), Task("restoration", "value"))
    best_form = "bits per area"
    sources = ("sim.microscope", "sim.parts", "sim.numerics")

    def settings(self, n: int) -> list[Setting]:
        """See `Domain`; what is stored are settings of the rig."""
        return [_of_rig(one) for one in family(AXES, n)]

    def whole(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Complete a setting, the rig's or the family's, by all that is fixed."""
        from sim.microscope.stand.mirror import MIRROR_SETTINGS

        held = {**dict.fromkeys(MIRROR_SETTINGS, 0.0), "stage.x_um": 0.0, "stage.y_um": 0.0}
        light = {"led.pattern": "annular", "led.wavelength_nm": 530.0, "led.power_mw": _POWER_MW}
        return {**held, **light, "camera.exposure_ms": _EXPOSURE_MS, **_of_rig(setting)}

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """See `Domain`; both tasks see the same frames."""
        noise, rng = self.noise, np.random.default_rng([seed, 1])
        sides = [self._taken(setting, seed, held, size, noise, rng) for held in (False, True)]
        frames = sides[0][0]
        area_um2 = float(_path(SIDE_PX).options.pixel_um ** 2)
        found, first = {}, (0, len(frames))
        for task in self.tasks:
            take = _named if task.kind == "label" else _restored
            learn, held = (take(*side, number) for side, number in zip(sides, first, strict=True))
            found[task.name] = Observed(frames, noise, learn, held, _PATCH, area_um2)
        return found

    @property
    def noise(self) -> CameraNoise:
        """Of the camera."""
        own = _path(SIDE_PX).noise_model({"camera.binning": 1, "camera.exposure_ms": _EXPOSURE_MS})
        return CameraNoise(own.gain_e_per_adu, own.offset_adu, own.read_noise_e, own.bit_depth)

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """See `Domain`."""
        own = _path(256).metrics(self.whole(setting))
        snr, cutoff = own["snr"], own["cutoff_cycles_per_um"]
        peak, contrast = own["phase_transfer_peak"], own["contrast"]
        return {
            "SNR": snr,
            "cut-off": cutoff,
            "contrast": contrast,
            "phase transfer": peak,
            "light": own["mean_electrons"],
            "SNR x cut-off": snr * cutoff,
            "CNR": snr * contrast,
            "SNR x phase transfer": snr * peak,
            "noise-equivalent quanta": (snr * peak * cutoff) ** 2,
        }

    def expected(self, setting: Mapping[str, Any], seed: int, held: bool, n: int) -> torch.Tensor:
        """Give the electrons of fields of one side, numbers or tensors set.

        Parameters
        ----------
        setting
            Of the family, or of the rig.
        seed
            Of the draw.
        held
            Whether of the specimens that are held out.
        n
            Fields of each of `KINDS`, cut out of one image a specimen.

        Returns
        -------
        (`KINDS` x n, `SIDE_PX`, `SIDE_PX`), kind by kind
        """
        import torch

        from sim.microscope.led_array.imager import led_settings
        from sim.parts.gradients import collected

        path, light = _path(_wide(n)), led_settings(self.whole(setting))
        nowhere = torch.zeros((1, 2), dtype=torch.float64)
        fields = []
        for kind in KINDS:
            scene = torch.from_numpy(_specimen(kind, seed, held, path.options.height_px))
            photons = path.imager.photons(scene, light, nowhere)
            image = collected(path.sensor, photons, light.exposure_ms)[0]
            fields.append(_cut(image, SIDE_PX)[:n])
        return torch.cat(fields)

    def truths(self, seed: int, held: bool, n: int) -> tuple[NDArray[np.intp], Floats]:
        """Give kinds, and path differences of pixels, nm, of the fields of `expected`."""
        options = _path(_wide(n)).options
        known = []
        for kind in KINDS:
            scene = _specimen(kind, seed, held, options.height_px)
            known.append(_cut(_of_pixels(scene, options.samples_per_pixel), SIDE_PX)[:n])
        return np.repeat(np.arange(len(KINDS)), n), np.concatenate(known)

    def _taken(
        self,
        setting: Setting,
        seed: int,
        held: bool,
        size: Size,
        noise: CameraNoise,
        rng: np.random.Generator,
    ) -> tuple[NDArray[Any], NDArray[np.intp], Floats]:
        """Give codes, kinds and path differences."""
        import torch

        n = (size.held if held else size.learn) // len(KINDS)
        with torch.no_grad():
            electrons = self.expected(setting, seed, held, n).double().numpy()
        codes = [noise.sample(part, rng) for part in np.split(electrons, len(KINDS))]
        return np.concatenate(codes), *self.truths(seed, held, n)


def _wide(n: int) -> int:
    """Say how many pixels an image that so many fields are cut out of has along a side."""
    return SIDE_PX * ceil(sqrt(n))


def _of_rig(one: Mapping[str, Any]) -> dict[str, Any]:
    """Turn names of the family into the rig's, with their gradients; others stay."""
    others = {name: value for name, value in one.items() if name not in AXES}
    if len(others) == len(one):
        return others
    outer, inner = one["outer_na"], one["outer_na"] * one["inner_share"]
    return {**others, "led.outer_na": outer, "led.inner_na": inner, "focus.z_um": one["z_um"]}


@lru_cache(8)
def _path(side_px: int) -> LedPath:
    """Give the rig with a camera of that many pixels, and a scene of that size."""
    pixel_um = 6.5 / _MAGNIFICATION
    return LedPath(
        MicroscopeOptions(
            contrast="phase",
            numerical_aperture=NA,
            magnification=_MAGNIFICATION,
            led_na=_ARRAY_NA,
            led_points=32,
            height_px=side_px,
            width_px=side_px,
            scene_um=max(20.0, side_px * pixel_um),
            seed=3,
            aberration_rms_nm=0.0,
        )
    )


@lru_cache(32)
def _specimen(kind: str, seed: int, held: bool, side_px: int) -> NDArray[np.float32]:
    """(side, side) path difference, nm, as wide as the camera's field."""
    from sim.microscope.led_array.scenes import make_opd

    options = _path(side_px).options
    side = side_px * options.samples_per_pixel
    rng = np.random.default_rng([KINDS.index(kind), seed, int(held), 6])
    return make_opd(kind, (side, side), options.pitch_um, rng)


def _cut(image: Any, side: int) -> Any:
    """(n, side, side) fields next to each other, of an array or a tensor."""
    along = image.shape[0] // side
    pieces = image.reshape(along, side, along, side).swapaxes(1, 2)
    return pieces.reshape(-1, side, side)


def _of_pixels(scene: NDArray[np.float32], per_pixel: int) -> Floats:
    """(height, width) mean of each camera pixel."""
    high, wide = (length // per_pixel for length in scene.shape)
    found: Floats = scene.reshape(high, per_pixel, wide, per_pixel).mean(
        axis=(1, 3), dtype=np.float64
    )
    return found


def _named(codes: NDArray[Any], kinds: NDArray[np.intp], opd_nm: Floats, first: int) -> Side:
    return Side(texture(codes), kinds, first + np.arange(len(codes)))


def _restored(codes: NDArray[Any], kinds: NDArray[np.intp], opd_nm: Floats, first: int) -> Side:
    """Cut a window around each cell; what its squares hold is to be told."""
    rows = windows(codes).reshape(-1, WINDOW_PX**2)
    scene = np.tile(first + np.arange(len(codes)), _CELLS**2)
    return Side(rows.astype(np.float64), squares_nm(opd_nm), scene, (1, WINDOW_PX, WINDOW_PX))


def windows(fields: Any) -> Any:
    """(windows, `WINDOW_PX`, `WINDOW_PX`) around each cell of fields; arrays and tensors alike.

    All fields of the first cell come first.
    """
    cell = _SQUARES * _SQUARE_PX
    edge = (SIDE_PX - _CELLS * cell) // 2 - (WINDOW_PX - cell) // 2
    begins = [edge + cell * i for i in range(_CELLS)]
    cut = [fields[:, y : y + WINDOW_PX, x : x + WINDOW_PX] for y in begins for x in begins]
    if isinstance(fields, np.ndarray):
        return np.concatenate(cut)
    import torch

    return torch.cat(cut)


def squares_nm(opd_nm: Floats) -> Floats:
    """(windows, squares) path differences in the cells of fields, about the mean of each window."""
    there, cell = windows(opd_nm), _SQUARES * _SQUARE_PX
    margin = (WINDOW_PX - cell) // 2
    inner = slice(margin, margin + cell)
    shape = (len(there), _SQUARES, _SQUARE_PX, _SQUARES, _SQUARE_PX)
    squares = there[:, inner, inner].reshape(shape).mean(axis=(2, 4))
    found: Floats = squares.reshape(len(there), -1) - there.mean(axis=(1, 2))[:, None]
    return found


DOMAIN = LedArray
