"""X-ray scans of one dose over 180 degrees: views, bins and voltage against each other.

Round bodies full of pores; a dense spot lies in one of four places. It is to be found, and the
pores are to be restored as the mean density of squares in the middle.

The dose is low: the amplifier's noise comes once for every value, and outweighs that of the photons
where they are dealt out to many values. Pores are as narrow as a bin, and more than few views or
wide bins tell apart. So values cost something, and so does having few of them.

Decoders see what can be made of any scan and loses nothing of a faint one: the backprojection onto
one grid of what each value has more than others of its place, weighted by its noise,

    A' N^-1 (y - m),      A : what density does to values y of mean m, their noise N

which is sufficient for the density where y is Gaussian and linear in it, in units of its own noise,
so that what stands out is signal. It has as many numbers at every setting: no decoder has to learn
more from more views.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
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
from sim.tomography.scenes import AIR_HU, densities

if TYPE_CHECKING:
    import torch

    from sim.tomography.imager import Scanner

_BINS, _BIN_MM = 48, 1.0
_PLACES = ((-0.3, -0.3), (-0.3, 0.3), (0.3, -0.3), (0.3, 0.3))  # of half the field
_SPOT, _SPOT_HU = 0.06, 600.0
_PORES, _PORE_HU = 40, -300.0
_PORE = (0.05, 0.1)  # a bin is 0.042
_BODY = 0.75
_SQUARES = 6  # along each axis of the middle half
_CHARGE_MAS = 0.02
_PATCH = 8
_KEPT_DRAWS = 4
_LEAST_POWER = 1e-6
_GRID = 32  # along each axis of what decoders see
AXES: Mapping[str, Any] = {
    "gantry.views": (8, 12, 16, 24, 32, 48, 64),
    "detector.binning": (1, 2, 4),
    "source.voltage_kv": Span(40, 120),
}


class Tomography:
    """See the module, and `hil.study.domain.Domain`."""

    name = "tomography"
    fixed = "one dose over 180 degrees"
    tasks = (Task("spot's place", "label"), Task("pores", "value"))
    best_form = "bits per frame"
    sources = ("sim.tomography", "sim.parts", "sim.numerics")

    def __init__(self) -> None:
        self._path = ScanPath(TomographyOptions(bins=_BINS, bin_mm=_BIN_MM, seed=3, bit_depth=16))
        self.bodies = lru_cache(_KEPT_DRAWS)(_bodies)
        self._masses: dict[tuple[int, int, int], torch.Tensor] = {}

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
        n = size.learn + size.held
        _, place, pores = self.bodies(seed, n)
        noise = self.noise
        counts = self.expected(setting, seed, n)
        codes = noise.sample(counts, np.random.default_rng([seed, 1]))
        rows = self.seen(codes, setting, size.learn)
        scene, first = np.arange(n), slice(size.learn)
        rest = slice(size.learn, None)
        frames = codes[first]
        bin_mm = self._path.options.bin_mm * int(setting["detector.binning"])
        found = {}
        for task in self.tasks:
            truth: NDArray[Any] = place if task.kind == "label" else pores
            learn, held = (
                Side(rows[part], truth[part], scene[part], (1, _GRID, _GRID))
                for part in (first, rest)
            )
            found[task.name] = Observed(frames, noise, learn, held, _PATCH, bin_mm, "whole_frame")
        return found

    def expected(self, setting: Mapping[str, Any], seed: int, n: int) -> Floats:
        """(n, views, bins) photons; line integrals depend on the number of views alone."""
        import torch

        from sim.tomography.imager import scan_settings

        scan = scan_settings(self.whole(setting))
        key = (seed, n, scan.views)
        with torch.no_grad():
            if key not in self._masses:
                slices = torch.from_numpy(self.bodies(seed, n)[0])
                self._masses[key] = self.scanner.masses(slices, scan)
            counts: Floats = self.scanner.counts(self._masses[key], scan).double().numpy()
        return counts

    def seen(self, codes: NDArray[Any], setting: Mapping[str, Any], learn: int) -> Floats:
        """(n, squares of a grid) what decoders see of scans; the first so many give the mean."""
        own = self._path.options
        photons = (codes - own.offset_adu) / own.adu_per_photon
        mean = np.maximum(photons[:learn].mean(axis=0), 0.0)
        rows: Floats = (photons - mean).reshape(len(codes), -1) @ self.backprojection(mean)
        return rows

    def backprojection(self, mean: Floats) -> Floats:
        """Give what makes squares of scans, (views x bins, squares), from their mean, photons."""
        variance = mean + self.noise.read_noise_e**2 + self.noise.gain_e_per_adu**2 / 12
        sd = np.sqrt(variance).reshape(-1, 1)
        # density takes light off in proportion to it
        response = _projection(*mean.shape) * (mean.reshape(-1, 1) / sd)
        found: Floats = response @ _inverse_root(response.T @ response) / sd
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
            "SNR x root of views": own["snr"] * sqrt(views),
            "SNR x cut-off": own["snr"] * own["cutoff_per_mm"],
            "CNR x root of views x cut-off": own["cnr"] * sqrt(views) * own["cutoff_per_mm"],
            "noise-equivalent quanta": views * (own["snr"] * own["cutoff_per_mm"]) ** 2,
            "share of Nyquist's views": enough,
        }


def _bodies(seed: int, n: int) -> tuple[NDArray[np.float32], NDArray[Any], Floats]:
    """Draw n: (n, 2, side, side) densities, (n,) the spot's place, (n, squares) pores, HU."""
    rng = np.random.default_rng([seed, 0])
    axis = (np.arange(_BINS) + 0.5) * (2 / _BINS) - 1
    y, x = axis[:, None], axis[None, :]
    place = rng.integers(len(_PLACES), size=n)
    hounsfield = np.zeros((n, _BINS, _BINS), np.float32)
    for i in range(n):
        centres, deep = rng.uniform(-0.55, 0.55, (_PORES, 2)), np.abs(rng.standard_normal(_PORES))
        wide = _PORE[0] * (_PORE[1] / _PORE[0]) ** rng.random(_PORES)
        down, across = (
            np.exp(-((axis - centres[:, k, None]) ** 2) / (2 * wide[:, None] ** 2)) for k in (0, 1)
        )
        hounsfield[i] = np.maximum((_PORE_HU * deep[:, None] * down).T @ across, AIR_HU)
    quarter = _BINS // 4
    middle = hounsfield[:, quarter:-quarter, quarter:-quarter]
    step = middle.shape[1] // _SQUARES
    pores = middle.reshape(n, _SQUARES, step, _SQUARES, step).mean(axis=(2, 4))
    for i, where in enumerate(place):
        there = (y - _PLACES[where][0]) ** 2 + (x - _PLACES[where][1]) ** 2
        hounsfield[i] += (_SPOT_HU * np.exp(-there / (2 * _SPOT**2))).astype(np.float32)
    hounsfield[:, np.hypot(y, x) > _BODY] = AIR_HU
    slices = np.stack([densities(one) for one in hounsfield])
    return slices, place, pores.reshape(n, -1).astype(np.float64)


def _inverse_root(covariance: Floats) -> Floats:
    """Give what makes noise of a covariance white; what has none stays without."""
    power, ways = np.linalg.eigh(covariance)
    there = power > _LEAST_POWER * power[-1]
    found: Floats = (ways[:, there] / np.sqrt(power[there])) @ ways[:, there].T
    return found


@lru_cache(32)
def _projection(views: int, bins: int) -> Floats:
    """Give what a value says of each square, (views x bins, squares): lines between bins."""
    axis = (np.arange(_GRID) + 0.5) * (2 / _GRID) - 1
    angle = np.arange(views) * (np.pi / views)
    across = np.cos(angle)[:, None, None] * axis + np.sin(angle)[:, None, None] * axis[:, None]
    at = ((across + 1) * (bins / 2) - 0.5).reshape(views, -1)
    shares = np.maximum(1 - np.abs(at[:, None, :] - np.arange(bins)[:, None]), 0.0)
    found: Floats = shares.reshape(views * bins, -1)
    return found


DOMAIN = Tomography
