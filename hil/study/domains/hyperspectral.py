"""Leaves over soil in a fixed total time: how many bands, how wide, and how wide a slit.

Each pixel is to be unmixed (how much of each material is there) and named by the one that there is
most of. Wide bands bring light and no detail of the spectrum; many share the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.camera import CameraNoise
from hil.study.domain import Observed, Setting, Side, Size, Task
from hil.study.family import Span, family
from sim.hyperspectral.options import HyperspectralOptions
from sim.hyperspectral.path import SpectrometerPath

if TYPE_CHECKING:
    import torch

SIDE_PX = 32
_FIELDS = 24
LEARNT = 18  # of them; the rest judge
_PER_SIDE = 6
_STEP_MM = 3.0
SHOWN_PX = 3  # from one that is decoded to the next
_PATCH = 8
AXES: Mapping[str, Any] = {
    "bands": (2, 3, 4, 6, 8),
    "width_nm": Span(6, 90, log=True),
    "first_nm": Span(440, 600),
    "last_nm": Span(700, 900),
    "slit_um": Span(6, 50, log=True),
}


class Hyperspectral:
    """See the module, and `hil.study.domain.Domain`."""

    name = "hyperspectral"
    fixed = "0.1 s for all bands of a frame"
    tasks = (Task("naming", "label"), Task("unmixing", "value"))
    best_form = "bits per area"
    sources = ("sim.hyperspectral", "sim.parts", "sim.numerics")

    def settings(self, n: int) -> list[Setting]:
        """See `Domain`; what is stored are settings of the rig."""
        return [self.whole(one) for one in family(AXES, n)]

    def whole(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Give the rig's settings of those of `AXES`, numbers or tensors; the rig's stay."""
        return _of_rig(setting) if "bands" in setting else dict(setting)

    def expected(self, setting: Mapping[str, Any], seed: int, n: int) -> torch.Tensor:
        """(n, bands, side, side) electrons of the first n fields of view of a draw."""
        import torch

        from sim.hyperspectral.imager import BandSettings

        whole = self.whole(setting)
        bands = band_count(whole)
        path, scene = _path(bands, 0), _path(4, 1 + seed).scene
        return path.imager.electrons(
            torch.from_numpy(scene.abundance),
            torch.from_numpy(scene.spectra),
            BandSettings.of(whole, bands),
            torch.from_numpy(1e3 * _places()[:n]),
        )

    def noise(self, setting: Mapping[str, Any]) -> CameraNoise:
        """Of the camera."""
        whole = self.whole(setting)
        own = _path(band_count(whole), 0).noise_model(whole)
        return CameraNoise(own.gain_e_per_adu, own.offset_adu, own.read_noise_e, own.bit_depth)

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """See `Domain`; fields are as many as there are, so that sizes do not matter."""
        import torch

        setting = self.whole(setting)
        bands, noise = band_count(setting), self.noise(setting)
        with torch.no_grad():
            electrons = self.expected(setting, seed, _FIELDS).numpy()
        rng = np.random.default_rng([seed, 1])
        codes = noise.sample(electrons.astype(np.float64), rng)
        rows, truth, field = pixels(codes, abundance(seed))
        held = field >= LEARNT
        label = truth.argmax(axis=1).astype(np.intp)
        frames = codes[:LEARNT][:, None]
        found = {}
        for task in self.tasks:
            known: NDArray[Any] = label if task.kind == "label" else truth
            learn, judge = (
                Side(rows[part], known[part], field[part], (bands, 3, 3)) for part in (~held, held)
            )
            # per area all bands of a pixel count
            found[task.name] = Observed(frames, noise, learn, judge, _PATCH, 1 / bands)
        return found

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """See `Domain`."""
        from sim.hyperspectral.imager import BandSettings
        from sim.hyperspectral.metrics import figures

        setting = self.whole(setting)
        bands = band_count(setting)
        path, named = _path(bands, 0), _path(4, 1).scene.named
        noise = path.sensor.spec.read_noise_e
        own = figures(path.imager, BandSettings.of(setting, bands), named, noise)
        snr = own["snr"]
        return {
            "SNR": snr,
            "light": own["light_e"],
            "bands": float(bands),
            "spectral resolution": -own["spectral_resolution_nm"],
            "spectral angle": own["spectral_angle_deg"],
            "condition": -own["condition"],
            "SNR x spectral angle": snr * own["spectral_angle_deg"],
            "SNR x root of bands": snr * sqrt(bands),
            "SNR / condition": snr / own["condition"],
        }


def _of_rig(one: Mapping[str, Any]) -> dict[str, Any]:
    bands, first, last = int(one["bands"]), one["first_nm"], one["last_nm"]
    found: dict[str, Any] = {
        "stage.y_mm": 0.0,
        "stage.x_mm": 0.0,
        "lamp.power_mw": 10.0,
        "spectrometer.slit_um": one["slit_um"],
        "camera.exposure_ms": 100.0,
    }
    for b in range(bands):
        found[f"filter.centre{b + 1}_nm"] = first + (last - first) * (b / (bands - 1))
        found[f"filter.width{b + 1}_nm"] = one["width_nm"]
        found[f"camera.share{b + 1}"] = 1.0
    return found


def band_count(setting: Mapping[str, Any]) -> int:
    """Count the bands of settings of the rig."""
    return sum(name.startswith("camera.share") for name in setting)


@lru_cache(16)
def _path(bands: int, seed: int) -> SpectrometerPath:
    return SpectrometerPath(
        HyperspectralOptions(bands=bands, side_px=SIDE_PX, seed=seed, bit_depth=16)
    )


def _places() -> Floats:
    """(fields, 2) y and x of their middles, mm."""
    number = np.arange(_FIELDS)
    grid = np.stack([number // _PER_SIDE, number % _PER_SIDE], axis=1)
    found: Floats = (grid - np.array([1.5, 2.5])) * _STEP_MM
    return found


@lru_cache(8)
def abundance(seed: int) -> Floats:
    """(fields, side, side, materials) what there is under each pixel."""
    scene = _path(4, 1 + seed).scene.abundance
    step_mm = _path(4, 0).imager.instrument.sample_step_um / 1e3
    found = []
    for y, x in _places():
        top, left = (round(place / step_mm) + scene.shape[1] // 2 - SIDE_PX for place in (y, x))
        rows, columns = (
            np.arange(edge, edge + 2 * SIDE_PX) % scene.shape[1] for edge in (top, left)
        )
        piece = scene[:, rows[:, None], columns[None, :]]
        pixels = piece.reshape(len(scene), SIDE_PX, 2, SIDE_PX, 2).mean(axis=(2, 4))
        found.append(pixels.transpose(1, 2, 0))
    return np.array(found, dtype=np.float64)


def pixels(codes: NDArray[Any], present: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Take every so many pixels, with their neighbours in all bands, and what is there."""
    rows, truth, field = [], [], []
    places = range(2, SIDE_PX - 2, SHOWN_PX)
    for number, (frame, known) in enumerate(zip(codes, present, strict=True)):
        for y in places:
            for x in places:
                rows.append(frame[:, y - 1 : y + 2, x - 1 : x + 2].ravel())
                truth.append(known[y, x])
                field.append(number)
    return np.array(rows, dtype=np.float64), np.array(truth), np.array(field)


DOMAIN = Hyperspectral
