"""One band at a time from orbit, one pass at a fixed line rate: smear, focus, binning and band.

Cells of 4 by 4 pixels on the ground are to be restored in the band that is seen, and named by their
land cover, which is told by all four bands: near infrared tells most of it, and no more bits in
all than another. Held-out land is a third
of the Landsat scene, in blocks of which nothing is learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.camera import CameraNoise
from hil.study.domain import Observed, Setting, Side, Size, Task
from hil.study.family import Span, family
from sim.satellite.options import SatelliteOptions
from sim.satellite.path import SatellitePath

if TYPE_CHECKING:
    import torch

CELL, MARGIN, _CELLS = 4, 4, 12  # pixels; of one cell, around it; cells along a field
_INNER = CELL * _CELLS
SIDE_PX = _INNER + 2 * MARGIN
_CLASSES = 5
_BLOCKS = 3  # of land along each axis, a field each
_PATCH = 16  # pixels on the ground
_PAD = 512
_PART = 4  # cells along a side of what the bootstrap takes for one scene
_PARTS = np.arange((_CELLS // _PART) ** 2).reshape(_CELLS // _PART, -1)
Land = tuple[NDArray[np.float32], list[tuple[int, int, int]], NDArray[np.intp]]
AXES: Mapping[str, Any] = {
    "camera.exposure_ms": Span(0.05, 1.4, log=True),
    "telescope.focus_um": Span(0, 150),
    "filter.centre_nm": Span(480, 850),
    "camera.binning": (1, 2, 4),
}


class Satellite:
    """See the module, and `hil.study.domain.Domain`."""

    name = "satellite"
    fixed = "one pass, 0.7 thousand lines a second, one band of 60 nm"
    tasks = (Task("restoration", "value"), Task("land cover", "label"))
    best_form = "bits per area"
    sources = ("sim.satellite", "sim.parts", "sim.numerics")

    def __init__(self) -> None:
        self._path = SatellitePath(SatelliteOptions(side_px=SIDE_PX, seed=3, bit_depth=16))
        self._lands: dict[tuple[int, bool, int], Land] = {}

    def settings(self, n: int) -> list[Setting]:
        """See `Domain`."""
        return list(family(AXES, n))

    def whole(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Complete a setting by all that is fixed."""
        held = {"filter.width_nm": 60.0, "camera.line_rate_khz": 0.7, "camera.gain": "low"}
        return {**held, "pointing.along_km": 0.0, "pointing.across_km": 0.0, **setting}

    def noise(self, setting: Mapping[str, Any]) -> CameraNoise:
        """Of the camera at that binning."""
        own = self._path.noise_model(self.whole(setting))
        return CameraNoise(own.gain_e_per_adu, own.offset_adu, own.read_noise_e, own.bit_depth)

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """See `Domain`; there is as much land as there is, so that sizes do not matter."""
        rng = np.random.default_rng([seed, 1])
        noise, binning = self.noise(setting), int(setting["camera.binning"])
        learn = [self._taken(setting, seed, False, turn, noise, rng) for turn in range(4)]
        held = [self._taken(setting, seed, True, turn, noise, rng) for turn in range(2)]
        frames = np.concatenate([codes for codes, _ in learn])
        area = float((binning * self._path.telescope.telescope.ground_m / 1e3) ** 2)
        found = {}
        for task in self.tasks:
            first, second = (self._side(setting, task.kind, part) for part in (learn[:2], held))
            found[task.name] = Observed(frames, noise, first, second, _PATCH // binning, area)
        return found

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """See `Domain`; what the rig tells of unbinned pixels is brought to binned ones."""
        own, b = self._path.metrics(self.whole(setting)), int(setting["camera.binning"])
        pixel_km = self._path.telescope.telescope.ground_m / 1e3
        # a pixel's own contrast falls to a half at 0.603 of a cycle in it
        unbinned = max(own["mtf50_cycles_per_km"], 1e-6)
        mtf50 = 1 / np.sqrt(1 / unbinned**2 + (b**2 - 1) * (pixel_km / 0.603) ** 2)
        snr, gsd = own["snr"] * b, own["gsd_m"] * b
        return {
            "SNR": snr,
            "MTF50": float(mtf50),
            "fine ground sample": -gsd,
            "MTF at Nyquist": own["mtf_nyquist"],
            "SNR x MTF50": float(snr * mtf50),
            "SNR / ground sample": snr / gsd,
            "noise-equivalent quanta": float((own["snr"] * mtf50) ** 2),
        }

    def _taken(
        self,
        setting: Setting,
        seed: int,
        apart: bool,
        turn: int,
        noise: CameraNoise,
        rng: np.random.Generator,
    ) -> tuple[NDArray[Any], Land]:
        import torch

        land, fields, parts = self._land(seed, apart, turn)
        with torch.no_grad():
            electrons = self.expected(setting, seed, apart, turn)
        return noise.sample(electrons.double().numpy(), rng), (land, fields, parts)

    def expected(
        self, setting: Mapping[str, Any], seed: int, apart: bool, turn: int
    ) -> torch.Tensor:
        """Give the binned electrons of all fields of one side, numbers or tensors set.

        Parameters
        ----------
        setting
            Of the family.
        seed
            Of the draw, which tells what land is held out.
        apart
            Whether of that land, or of the other.
        turn
            Quarter turns of the land.

        Returns
        -------
        (fields, `SIDE_PX` / binning, `SIDE_PX` / binning)
        """
        import torch

        from sim.satellite.imager import Exposure

        land, fields, _ = self._land(seed, apart, turn)
        telescope = self._path.telescope
        step_m = telescope.telescope.ground_m / 2
        corners = np.array(fields, dtype=np.float64)[:, :2]
        centres = (corners + SIDE_PX - _PAD // 2) * step_m
        electrons = telescope.electrons(
            torch.from_numpy(land), Exposure.of(self.whole(setting)), torch.from_numpy(centres)
        )
        b = int(setting["camera.binning"])
        n, side = len(electrons), SIDE_PX // b
        return electrons.reshape(n, side, b, side, b).sum(dim=(2, 4), dtype=torch.float64)

    def learnt(self, setting: Setting, task: Task, seed: int, turn: int) -> NDArray[Any]:
        """Give the truth of all cells that may be learnt from, field by field, row by row."""
        land, fields, parts = self._land(seed, False, turn)
        side = SIDE_PX // int(setting["camera.binning"])
        none = np.zeros((len(fields), side, side))
        return self._side(setting, task.kind, [(none, (land, fields, parts))]).truth

    def _side(self, setting: Setting, kind: str, parts: list[Any]) -> Side:
        """Cut what is seen around each cell, and what is there."""
        b, reach = int(setting["camera.binning"]), CELL + 2 * MARGIN
        rows, truth, scene = [], [], []
        for codes, (land, fields, names) in parts:
            for field, (top, left, place) in enumerate(fields):
                for i in range(_CELLS):
                    for j in range(_CELLS):
                        y, x = CELL * i // b, CELL * j // b
                        rows.append(codes[field, y : y + reach // b, x : x + reach // b].ravel())
                        y, x = (2 * (edge + MARGIN) for edge in (CELL * i, CELL * j))
                        ground = land[:, top + y : top + y + 8, left + x : left + x + 8]
                        truth.append(self._truth(setting, kind, ground))
                        # a place that is turned is the same place
                        part = names[i // _PART, j // _PART]
                        scene.append(place * _PARTS.size + part)
        shown = (1, reach // b, reach // b)
        seen = np.array(rows, dtype=np.float64)
        return Side(seen, np.array(truth), np.array(scene), shown)

    def _truth(self, setting: Setting, kind: str, ground: NDArray[np.float32]) -> Any:
        if kind == "label":
            return self._nearest(ground.mean(axis=(1, 2)))
        import torch

        from sim.satellite.radiometry import band_share

        centre = torch.tensor([float(setting["filter.centre_nm"])], dtype=torch.float64)
        share = band_share(centre).numpy()[:, 0]
        fine = np.tensordot(share, ground, axes=1)
        return fine.reshape(CELL, 2, CELL, 2).mean(axis=(1, 3)).ravel()

    @cached_property
    def _bands(self) -> NDArray[np.float32]:
        from importlib.resources import files

        with (files("sim.satellite") / "data" / "landsat7_olinda.npz").open("rb") as file:
            numbers = np.load(file)["bands"][..., :4]
        scale = 0.45 / 255  # as `sim.satellite.scenes` has it
        return np.ascontiguousarray(numbers.transpose(2, 0, 1), np.float32) * np.float32(scale)

    @cached_property
    def _kinds(self) -> tuple[Floats, Floats, Floats]:
        """Mean and spread of each band over cells, and what kinds of land there are."""
        from sklearn.cluster import KMeans

        bands = self._bands[:, : self._bands.shape[1] // 8 * 8, : self._bands.shape[2] // 8 * 8]
        cells = bands.reshape(4, bands.shape[1] // 8, 8, bands.shape[2] // 8, 8)
        spectra = cells.mean(axis=(2, 4)).reshape(4, -1).T.astype(np.float64)
        mean, spread = spectra.mean(axis=0), spectra.std(axis=0)
        found = KMeans(_CLASSES, n_init=4, random_state=0).fit((spectra - mean) / spread)
        return mean, spread, found.cluster_centers_

    def _nearest(self, spectrum: NDArray[Any]) -> int:
        mean, spread, kinds = self._kinds
        return int(((kinds - (spectrum - mean) / spread) ** 2).sum(axis=1).argmin())

    def _land(self, seed: int, apart: bool, turn: int) -> Land:
        """Give all land, turned and mirrored beyond its edges, and where fields of one side are."""
        key = (seed % _BLOCKS, apart, turn)
        if key not in self._lands:
            size = 2 * SIDE_PX
            length = _BLOCKS * size
            own = np.rot90(self._bands[:, :length, :length], turn, axes=(1, 2))
            pad = [(0, 0), (0, _PAD - length), (0, _PAD - length)]
            land = np.ascontiguousarray(np.pad(own, pad, mode="symmetric"))
            number = np.arange(_BLOCKS**2).reshape(_BLOCKS, _BLOCKS)
            # one block of each row and column is held out
            out = (number // _BLOCKS + number) % _BLOCKS == seed % _BLOCKS
            number, out = np.rot90(number, turn), np.rot90(out, turn)
            fields = [
                (size * row, size * column, int(number[row, column]))
                for row, column in zip(*np.nonzero(out == apart), strict=True)
            ]
            self._lands[key] = land, fields, np.rot90(_PARTS, turn)
        return self._lands[key]


DOMAIN = Satellite
