"""Lenslets over a sensor at a fixed exposure: sharpness, light and copies against each other.

Written digits on a dark ground are to be named (sparse scenes); pieces of photographs that fill the
middle of the view are to be restored (dense ones). What a frame shows is linear in the scene, so
that each setting is rendered once, a small square of light at each place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.camera import CameraNoise
from hil.study.domain import Observed, Setting, Side, Size, Task
from hil.study.family import Span, family
from sim.lensless.options import LenslessOptions
from sim.lensless.path import LensPath
from sim.lensless.settings import MOST_APERTURES

if TYPE_CHECKING:
    import torch

SIDE_PX = 48
_PIXEL_MRAD2 = (5.0 / 4.0) ** 2  # 5 um behind 4 mm
GRID = 8  # squares along each axis that are to be known
_AROUND = 2  # squares around them that are lit in photographs, and not asked for
SAMPLES = 5  # of the scene along a square, 3 mrad
_SCENE = 1024
_EXPOSURE_MS = 20.0
_SHRINK = 3  # pixels of a photograph to a square
_GROUND = 0.02  # of the light, from all directions
_MIDDLE = (
    np.arange((GRID + 2 * _AROUND) ** 2)
    .reshape(GRID + 2 * _AROUND, -1)[_AROUND:-_AROUND, _AROUND:-_AROUND]
    .ravel()
)
AXES: Mapping[str, Any] = {
    "mask.diameter_um": Span(40, 280, log=True),
    "mask.apertures": (1, 2, 3, 4, 6, 9),
    "mask.spacing_um": Span(50, 160),
    "mask.distance_mm": Span(3.2, 5.4),
    "mask.irregularity": Span(0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class Scenes:
    """Scenes of a task.

    Parameters
    ----------
    light
        (n, squares) of each square.
    truth
        (n,) labels, or (n, k) values.
    held
        (n,) which judge; nothing is learnt or designed from them.
    """

    light: Floats
    truth: NDArray[Any]
    held: NDArray[np.bool_]


class Lensless:
    """See the module, and `hil.study.domain.Domain`."""

    name = "lensless"
    fixed = f"exposure of {_EXPOSURE_MS:g} ms"
    tasks = (Task("classification", "label"), Task("reconstruction", "value"))
    best_form = "bits per frame"
    sources = ("sim.lensless", "sim.parts", "sim.numerics")

    def __init__(self) -> None:
        self._path = LensPath(LenslessOptions(side_px=SIDE_PX, seed=3))
        self._last: tuple[Any, Floats] | None = None

    def settings(self, n: int) -> list[Setting]:
        """See `Domain`."""
        return list(family(AXES, n))

    def whole(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Complete a setting by all that is fixed."""
        moved = {f"mask.{axis}{i}_um": 0.0 for axis in "xy" for i in range(1, MOST_APERTURES + 1)}
        held = {"mask.element": "lenslet", "camera.exposure_ms": _EXPOSURE_MS}
        return {**held, **moved, **setting}

    def rendered(self, setting: Mapping[str, Any], around: int = _AROUND) -> torch.Tensor:
        """(squares + 1, pixels) electrons of each square of light, and of the ground."""
        import torch

        from sim.lensless.imager import mask_settings
        from sim.numerics.tensors import number

        whole = self.whole(setting)
        scene = torch.zeros((_SCENE, _SCENE))
        first = _SCENE // 2 - SAMPLES // 2
        scene[first : first + SAMPLES, first : first + SAMPLES] = 1.0
        imager, mask = self._path.imager, mask_settings(whole)
        pitch = imager.instrument.pitch_rad * SAMPLES
        side = GRID + 2 * around
        place = -(torch.arange(side, dtype=torch.float64) - (side - 1) / 2) * pitch
        pointing = torch.cartesian_prod(place, place)
        exposure = number(whole, "camera.exposure_ms") / 1e3
        squares = imager.photons(scene, mask, pointing, exposure)
        ground = imager.photons(torch.ones((2, 2)), mask, pointing[:1], exposure)
        electrons = self._path.sensor.spec.quantum_efficiency * torch.cat([squares, ground])
        return electrons.flatten(1)

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """See `Domain`."""
        import torch

        with torch.no_grad():
            basis = self.rendered(setting).numpy().astype(np.float64)
        found = {}
        for task in self.tasks:
            scenes, rng = self.scenes(task, seed, size)
            expected = self.expected(basis, task, scenes.light)
            codes = self.noise.sample(expected, rng)
            rows = codes.reshape(len(codes), -1).astype(np.float64)
            name, held = np.arange(len(codes)), scenes.held
            learn, judge = (
                Side(rows[part], scenes.truth[part], name[part], (1, SIDE_PX, SIDE_PX))
                for part in (~held, held)
            )
            found[task.name] = Observed(
                codes[~held], self.noise, learn, judge, 8, _PIXEL_MRAD2, "whole_frame"
            )
        return found

    def scenes(self, task: Task, seed: int, size: Size) -> tuple[Scenes, np.random.Generator]:
        """Draw scenes of a task, and what the noise of their frames is to be drawn with."""
        rng = np.random.default_rng([seed, [one.name for one in self.tasks].index(task.name)])
        draw = self._digits if task.kind == "label" else self._photographs
        return Scenes(*draw(seed, size, rng)), rng

    def expected(self, basis: Any, task: Task, light: Any) -> Any:
        """(n, side, side) electrons of scenes, arrays or tensors, from what `rendered` gives."""
        lit = basis[_MIDDLE] if task.kind == "label" else basis[:-1]
        return (light @ lit + _GROUND * basis[-1]).reshape(-1, SIDE_PX, SIDE_PX)

    @cached_property
    def noise(self) -> CameraNoise:
        """Of the sensor."""
        own = self._path.noise_model({})
        return CameraNoise(own.gain_e_per_adu, own.offset_adu, own.read_noise_e, own.bit_depth)

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """See `Domain`."""
        own = self._path.metrics(self.whole(setting))
        snr, mtf50 = own["snr"], own["mtf50_cycles_per_mrad"]
        return {
            "SNR": snr,
            "MTF50": mtf50,
            "light": own["mean_photons"],
            "least MTF": own["least_mtf"],
            "SNR x MTF50": snr * mtf50,
            "noise-equivalent quanta": (snr * own["least_mtf"]) ** 2,
        }

    @cached_property
    def _written(self) -> tuple[Floats, NDArray[np.intp]]:
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        return images / 16.0, labels.astype(np.intp)

    def _digits(
        self, seed: int, size: Size, rng: np.random.Generator
    ) -> tuple[Floats, NDArray[Any], NDArray[np.bool_]]:
        images, labels = self._written
        most = min(size.learn + size.held, len(labels))
        chosen = rng.permutation(len(labels))[:most]
        held = np.arange(most) >= most - min(size.held, most // 3)
        return images[chosen], labels[chosen], held

    @cached_property
    def _pictures(self) -> list[Floats]:
        from skimage import color, data  # slow to import

        colour = (data.astronaut(), data.coffee(), data.chelsea())  # type: ignore[no-untyped-call]
        shown = [color.rgb2gray(picture) for picture in colour]
        shown.append(data.camera() / 255.0)  # type: ignore[no-untyped-call]
        return [_shrunk(picture) for picture in shown]

    def _photographs(
        self, seed: int, size: Size, rng: np.random.Generator
    ) -> tuple[Floats, NDArray[Any], NDArray[np.bool_]]:
        """Cut pieces; those that judge come from a photograph of which nothing is learnt."""
        apart = seed % len(self._pictures)
        others = [i for i in range(len(self._pictures)) if i != apart]
        side, pieces = GRID + 2 * _AROUND, []
        for i in range(size.learn + size.held):
            picture = self._pictures[apart if i >= size.learn else others[i % len(others)]]
            top, left = (int(rng.integers(0, length - side + 1)) for length in picture.shape)
            pieces.append(picture[top : top + side, left : left + side])
        cut = np.stack(pieces)
        truth = cut[:, _AROUND:-_AROUND, _AROUND:-_AROUND].reshape(len(cut), -1)
        return cut.reshape(len(cut), -1), truth, np.arange(len(cut)) >= size.learn


def _shrunk(picture: Floats) -> Floats:
    high, wide = (length // _SHRINK for length in picture.shape)
    whole = picture[: high * _SHRINK, : wide * _SHRINK]
    found: Floats = whole.reshape(high, _SHRINK, wide, _SHRINK).mean(axis=(1, 3))
    return found


DOMAIN = Lensless
