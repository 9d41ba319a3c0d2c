"""X-ray scans of one dose over 180 degrees: views, bins and voltage against each other.

Round bodies with soft lumps in them; a dense spot lies in one of four places. It is to be found,
and the lumps are to be restored as the mean density of squares in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.xray import XrayNoise
from hil.study.domain import Observed, Setting, Side, Size, Task
from hil.study.family import Span, family
from sim.tomography.options import TomographyOptions
from sim.tomography.path import ScanPath
from sim.tomography.scenes import densities

if TYPE_CHECKING:
    from sim.tomography.imager import Scanner

_BINS = 48
_PLACES = ((-0.3, -0.3), (-0.3, 0.3), (0.3, -0.3), (0.3, 0.3))  # of half the field
_SPOT, _SPOT_HU = 0.09, 120.0
_LUMPS, _LUMP, _LUMP_HU = 12, 0.16, 60.0
_BODY = 0.75
_SQUARES = 6  # along each axis of the middle half
_CHARGE_MAS = 0.2
_PATCH = 8
AXES: Mapping[str, Any] = {
    "gantry.views": (8, 12, 16, 24, 32, 48, 64),
    "detector.binning": (1, 2, 4),
    "source.voltage_kv": Span(40, 120),
}


class Tomography:
    """See the module, and `hil.study.domain.Domain`."""

    name = "tomography"
    fixed = "one dose over 180 degrees"
    tasks = (Task("spot's place", "label"), Task("lumps", "value"))
    best_form = "bits per frame"
    sources = ("sim.tomography", "sim.parts", "sim.numerics")

    def __init__(self) -> None:
        self._path = ScanPath(TomographyOptions(bins=_BINS, seed=3, bit_depth=16))
        self._made: tuple[Any, Any] = (None, None)

    def settings(self, n: int) -> list[Setting]:
        """See `Domain`."""
        return list(family(AXES, n))

    def whole(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Complete a setting by all that is fixed; kerma is held whatever the voltage."""
        held = {"gantry.spacing": "uniform", "gantry.start_deg": 0.0, "gantry.arc_deg": 180.0}
        light = {"source.control": "kerma", "source.current_ma": 0.1}
        exposure = {"detector.exposure_ms": 1e3 * _CHARGE_MAS / 0.1}
        return {**held, **light, **exposure, "sample.number": 0, **setting}

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """See `Domain`; both tasks see the same scans."""
        import torch

        from sim.tomography.imager import scan_settings

        slices, place, lumps = self.bodies(seed, size.learn + size.held)
        with torch.no_grad():
            scan = scan_settings(self.whole(setting))
            counts = self.scanner.expected_counts(torch.from_numpy(slices), scan).numpy()
        noise = self.noise
        codes = noise.sample(counts.astype(np.float64), np.random.default_rng([seed, 1]))
        rows = codes.reshape(len(codes), -1).astype(np.float64)
        scene, first = np.arange(len(rows)), slice(size.learn)
        shown = (1, *codes.shape[-2:])
        rest = slice(size.learn, None)
        frames = codes[first]
        bin_mm = self._path.options.bin_mm * int(setting["detector.binning"])
        found = {}
        for task in self.tasks:
            truth: NDArray[Any] = place if task.kind == "label" else lumps
            learn, held = (
                Side(rows[part], truth[part], scene[part], shown) for part in (first, rest)
            )
            found[task.name] = Observed(frames, noise, learn, held, "whole_frame", _PATCH, bin_mm)
        return found

    @property
    def scanner(self) -> Scanner:
        """What scans slices."""
        return self._path.scanner

    @cached_property
    def noise(self) -> XrayNoise:
        """Of the detector, the same at all settings."""
        own = self._path.noise_model({})
        return XrayNoise(
            own.adu_per_photon, own.offset_adu, own.electronic_noise_adu, own.bit_depth
        )

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """See `Domain`."""
        own = self._path.metrics(self.whole(setting))
        views = int(setting["gantry.views"])
        enough = min(1.0, views / own["nyquist_views"])
        return {
            "SNR": own["snr"],
            "CNR": own["cnr"],
            "cut-off": own["cutoff_per_mm"],
            "views": float(views),
            "CNR x root of views": own["cnr"] * sqrt(views),
            "SNR x cut-off": own["snr"] * own["cutoff_per_mm"],
            "CNR x root of views x cut-off": own["cnr"] * sqrt(views) * own["cutoff_per_mm"],
            "share of Nyquist's views": enough,
        }

    def bodies(self, seed: int, n: int) -> tuple[NDArray[np.float32], NDArray[Any], Floats]:
        """Draw n: (n, 2, side, side) densities, (n,) the spot's place, (n, squares) lumps."""
        if self._made[0] == (seed, n):
            return self._made[1]  # type: ignore[no-any-return]
        rng = np.random.default_rng([seed, 0])
        axis = (np.arange(_BINS) + 0.5) * (2 / _BINS) - 1
        y, x = axis[:, None], axis[None, :]
        place = rng.integers(len(_PLACES), size=n)
        hounsfield = np.zeros((n, _BINS, _BINS), np.float32)
        for i in range(n):
            for centre in rng.uniform(-0.55, 0.55, (_LUMPS, 2)):
                reach2 = (y - centre[0]) ** 2 + (x - centre[1]) ** 2
                lump = np.exp(-reach2 / (2 * _LUMP**2))
                hounsfield[i] += (_LUMP_HU * rng.standard_normal() * lump).astype(np.float32)
        quarter = _BINS // 4
        middle = hounsfield[:, quarter:-quarter, quarter:-quarter]
        step = middle.shape[1] // _SQUARES
        lumps = middle.reshape(n, _SQUARES, step, _SQUARES, step).mean(axis=(2, 4))
        for i, where in enumerate(place):
            there = (y - _PLACES[where][0]) ** 2 + (x - _PLACES[where][1]) ** 2
            hounsfield[i] += (_SPOT_HU * np.exp(-there / (2 * _SPOT**2))).astype(np.float32)
        hounsfield[:, np.hypot(y, x) > _BODY] = -1000.0
        slices = np.stack([densities(one) for one in hounsfield])
        found = (slices, place, lumps.reshape(n, -1).astype(np.float64))
        self._made = ((seed, n), found)
        return found


DOMAIN = Tomography
