"""Leaves over soil in a fixed total time: how many bands, how wide, and how wide a slit.

Each pixel is to be unmixed (how much of each material is there) and named by the one that there is
most of. Wide bands bring light and no detail of the spectrum; many share the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats, Value
from hil.noise.camera import CameraNoise
from hil.study.domain import Observed, Setting, Side, Size, Task
from hil.study.family import Span, family
from sim.hyperspectral.options import HyperspectralOptions
from sim.hyperspectral.path import SpectrometerPath

_SIDE_PX = 32
_FIELDS = 24  # a quarter of them judge
_PER_SIDE = 6
_STEP_MM = 3.0
_SHOWN = 6  # pixels from one that is decoded to the next
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
        return [_of_rig(one) for one in family(AXES, n)]

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """See `Domain`; fields are as many as there are, so that sizes do not matter."""
        import torch

        from sim.hyperspectral.imager import BandSettings

        bands = _bands(setting)
        path, scene = _path(bands, 0), _path(4, 1 + seed).scene
        places = _places()
        with torch.no_grad():
            electrons = path.imager.electrons(
                torch.from_numpy(scene.abundance),
                torch.from_numpy(scene.spectra),
                BandSettings.of(setting, bands),
                torch.from_numpy(1e3 * places),
            ).numpy()
        own = path.noise_model(setting)
        noise = CameraNoise(own.gain_e_per_adu, own.offset_adu, own.read_noise_e, own.bit_depth)
        rng = np.random.default_rng([seed, 1])
        codes = noise.sample(electrons.astype(np.float64), rng)
        rows, truth, field = _pixels(codes, _abundance(seed))
        held = field >= _FIELDS - _FIELDS // 4
        label = truth.argmax(axis=1).astype(np.intp)
        frames = codes[: _FIELDS - _FIELDS // 4][:, None]
        found = {}
        for task in self.tasks:
            known: NDArray[Any] = label if task.kind == "label" else truth
            learn, judge = (
                Side(rows[part], known[part], field[part], (bands, 3, 3)) for part in (~held, held)
            )
            # per area all bands of a pixel count
            found[task.name] = Observed(
                frames, noise, learn, judge, "stationary", _PATCH, 1 / bands
            )
        return found

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """See `Domain`."""
        from sim.hyperspectral.imager import BandSettings
        from sim.hyperspectral.metrics import figures

        bands = _bands(setting)
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


def _of_rig(one: Mapping[str, Any]) -> dict[str, Value]:
    bands = int(one["bands"])
    centres = np.linspace(float(one["first_nm"]), float(one["last_nm"]), bands)
    found: dict[str, Value] = {
        "stage.y_mm": 0.0,
        "stage.x_mm": 0.0,
        "lamp.power_mw": 10.0,
        "spectrometer.slit_um": float(one["slit_um"]),
        "camera.exposure_ms": 100.0,
    }
    for b, centre in enumerate(centres.tolist(), 1):
        found[f"filter.centre{b}_nm"] = centre
        found[f"filter.width{b}_nm"] = float(one["width_nm"])
        found[f"camera.share{b}"] = 1.0
    return found


def _bands(setting: Setting) -> int:
    return sum(name.startswith("camera.share") for name in setting)


@lru_cache(16)
def _path(bands: int, seed: int) -> SpectrometerPath:
    return SpectrometerPath(
        HyperspectralOptions(bands=bands, side_px=_SIDE_PX, seed=seed, bit_depth=16)
    )


def _places() -> Floats:
    """(fields, 2) y and x of their middles, mm."""
    number = np.arange(_FIELDS)
    grid = np.stack([number // _PER_SIDE, number % _PER_SIDE], axis=1)
    found: Floats = (grid - np.array([1.5, 2.5])) * _STEP_MM
    return found


@lru_cache(8)
def _abundance(seed: int) -> Floats:
    """(fields, side, side, materials) what there is under each pixel."""
    scene = _path(4, 1 + seed).scene.abundance
    step_mm = _path(4, 0).imager.instrument.sample_step_um / 1e3
    found = []
    for y, x in _places():
        top, left = (round(place / step_mm) + scene.shape[1] // 2 - _SIDE_PX for place in (y, x))
        rows, columns = (
            np.arange(edge, edge + 2 * _SIDE_PX) % scene.shape[1] for edge in (top, left)
        )
        piece = scene[:, rows[:, None], columns[None, :]]
        pixels = piece.reshape(len(scene), _SIDE_PX, 2, _SIDE_PX, 2).mean(axis=(2, 4))
        found.append(pixels.transpose(1, 2, 0))
    return np.array(found, dtype=np.float64)


def _pixels(codes: NDArray[Any], abundance: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Take every so many pixels, with their neighbours in all bands, and what is there."""
    rows, truth, field = [], [], []
    places = range(2, _SIDE_PX - 2, _SHOWN // 2)
    for number, (frame, known) in enumerate(zip(codes, abundance, strict=True)):
        for y in places:
            for x in places:
                rows.append(frame[:, y - 1 : y + 2, x - 1 : x + 2].ravel())
                truth.append(known[y, x])
                field.append(number)
    return np.array(rows, dtype=np.float64), np.array(truth), np.array(field)


DOMAIN = Hyperspectral
