"""Fluorescence at one dose: exposure, focus and binning against each other.

The lamp has a bound, so that a short exposure cannot bring all of the dose; a warm camera collects
electrons of its own in a long one. Membranes, filaments and spots are to be told apart by spectrum
and histogram of a field; and their density is to be restored, as the mean of squares as wide as
what the objective resolves. Fields that judge lie in other specimens than those that decoders learn
from.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.camera import CameraNoise
from hil.study.domain import Observed, Setting, Side, Size, Task
from hil.study.family import Span, family
from hil.study.texture import texture
from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.options import MicroscopeOptions

if TYPE_CHECKING:
    import torch

SIDE_PX = 32
KINDS = ("cells", "fibres", "blobs")
_SCENE_PX = 768
_SQUARES, _SQUARE_PX = 8, 2  # along each axis of the middle; 0.2 um, lambda / (2 NA)
SEEN_PX = 24  # around them, by what restores
_DOSE_UJ, _LAMP_MW = 20.0, 2.0
_DARK_E_PER_S = 40.0
_PATCH = 16  # pixels of the unbinned camera
AXES: Mapping[str, Any] = {
    "camera.exposure_ms": Span(2, 400, log=True),
    "focus.z_um": Span(0.0, 1.2),
    "camera.binning": (1, 2, 4),
}


class Microscope:
    """See the module, and `hil.study.domain.Domain`."""

    name = "microscope"
    fixed = f"at most {_DOSE_UJ:g} uJ on the sample, a lamp of {_LAMP_MW:g} mW"
    tasks = (Task("naming", "label"), Task("restoration", "value"))
    best_form = "bits per area"
    sources = ("sim.microscope", "sim.parts", "sim.numerics")

    @cached_property
    def _path(self) -> FluorescencePath:
        return FluorescencePath(
            MicroscopeOptions(
                height_px=SIDE_PX,
                width_px=SIDE_PX,
                seed=3,
                scene_um=80.0,
                aberration_rms_nm=0.0,
                dark_current_e_per_s=_DARK_E_PER_S,
            )
        )

    def settings(self, n: int) -> list[Setting]:
        """See `Domain`."""
        return list(family(AXES, n))

    def whole(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Complete a setting by all that is fixed; the lamp brings the dose, or all it can."""
        from sim.microscope.stand.mirror import MIRROR_SETTINGS

        held = {**dict.fromkeys(MIRROR_SETTINGS, 0.0), "stage.x_um": 0.0, "stage.y_um": 0.0}
        # no float: numbers may be tensors with gradients
        power_mw = min(_LAMP_MW, _DOSE_UJ / setting["camera.exposure_ms"])
        return {**held, "light.power_mw": power_mw, **setting}

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """See `Domain`; both tasks see the same frames."""
        noise, rng = self.noise(setting), np.random.default_rng([seed, 1])
        binning = int(setting["camera.binning"])
        sides = [self._taken(setting, seed, held, size, noise, rng) for held in (False, True)]
        frames = sides[0][0]
        side = SEEN_PX // binning
        pixels = [middle(codes, binning).reshape(len(codes), -1) * 1.0 for codes, _ in sides]
        textures = [texture(codes) for codes, _ in sides]
        number = [np.arange(len(codes)) for codes, _ in sides]
        number[1] += len(frames)
        found = {}
        for k, task in enumerate(self.tasks):
            rows = textures if task.kind == "label" else pixels
            shown = None if task.kind == "label" else (1, side, side)
            learn, held = (Side(rows[i], sides[i][1][k], number[i], shown) for i in (0, 1))
            found[task.name] = Observed(
                frames, noise, learn, held, _PATCH // binning, self._area_um2(binning)
            )
        return found

    def noise(self, setting: Mapping[str, Any]) -> CameraNoise:
        """Of the camera at that binning."""
        own = self._path.noise_model(self.whole(setting))
        return CameraNoise(own.gain_e_per_adu, own.offset_adu, own.read_noise_e, own.bit_depth)

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """See `Domain`; contrast and light of single pixels are brought to binned ones."""
        own, b = self._path.metrics(self.whole(setting)), int(setting["camera.binning"])
        dark_e = _DARK_E_PER_S * float(setting["camera.exposure_ms"]) / 1e3
        light_e = max(own["mean_electrons"] - dark_e, 0.0)
        read2_e = self.noise(setting).read_noise_e ** 2
        snr = b**2 * light_e / sqrt(b**2 * (light_e + dark_e) + read2_e)
        pixel_um = self._path.options.pixel_um
        unbinned = max(own["mtf50_cycles_per_um"], 1e-6)
        mtf50 = 1 / sqrt(1 / unbinned**2 + (b**2 - 1) * (pixel_um / 0.603) ** 2)
        return {
            "SNR": snr,
            "MTF50": mtf50,
            "cut-off": own["cutoff_cycles_per_um"],
            "Strehl ratio": own["strehl"],
            "light": light_e,
            "SNR x MTF50": snr * mtf50,
            "noise-equivalent quanta": (snr / b * mtf50) ** 2,
        }

    def _area_um2(self, binning: int) -> float:
        return float((binning * self._path.options.pixel_um) ** 2)

    def expected(self, setting: Mapping[str, Any], seed: int, held: bool, n: int) -> torch.Tensor:
        """Give the binned electrons of fields of one side, numbers or tensors set.

        Parameters
        ----------
        setting
            Of the family.
        seed
            Of the draw.
        held
            Whether of the specimens that are held out.
        n
            Fields of each of `KINDS`.

        Returns
        -------
        (`KINDS` x n, `SIDE_PX` / binning, `SIDE_PX` / binning), kind by kind
        """
        import torch

        from sim.microscope.fluorescence.imager import FluorescenceSettings
        from sim.parts.gradients import collected

        light = FluorescenceSettings.of(self.whole(setting))
        fields = []
        for kind in KINDS:
            scene = _specimen(kind, seed, held)
            # the middle of the scene is where the stage is at 0
            middles = _places(n, scene.shape[0]) + SIDE_PX / 2 - scene.shape[0] / 2
            centres = torch.from_numpy(middles * self._path.options.pitch_um)
            photons = self._path.imager.photons(torch.from_numpy(scene), light, centres)
            fields.append(collected(self._path.sensor, photons, light.exposure_ms))
        b = int(setting["camera.binning"])
        shape = (len(KINDS) * n, SIDE_PX // b, b, SIDE_PX // b, b)
        return torch.cat(fields).reshape(shape).sum(dim=(2, 4), dtype=torch.float64)

    def truths(self, seed: int, held: bool, n: int) -> tuple[NDArray[np.intp], Floats]:
        """Give kinds, and densities of squares, of the fields of `expected`."""
        densities = []
        for kind in KINDS:
            scene = _specimen(kind, seed, held)
            places = _places(n, scene.shape[0]).astype(int)
            densities += [_squares(scene, *place) for place in places]
        return np.repeat(np.arange(len(KINDS)), n), np.stack(densities)

    def _taken(
        self,
        setting: Setting,
        seed: int,
        held: bool,
        size: Size,
        noise: CameraNoise,
        rng: np.random.Generator,
    ) -> tuple[NDArray[Any], tuple[NDArray[np.intp], Floats]]:
        """Give codes, and both truths."""
        import torch

        n = (size.held if held else size.learn) // len(KINDS)
        with torch.no_grad():
            electrons = self.expected(setting, seed, held, n).numpy()
        codes = [noise.sample(part, rng) for part in np.split(electrons, len(KINDS))]
        return np.concatenate(codes), self.truths(seed, held, n)


def middle(fields: Any, binning: int) -> Any:
    """(fields, side, side) cut to what restores, `SEEN_PX` wide: arrays and tensors alike."""
    edge, side = (SIDE_PX - SEEN_PX) // 2 // binning, SEEN_PX // binning
    return fields[:, edge : edge + side, edge : edge + side]


@lru_cache(32)
def _specimen(kind: str, seed: int, held: bool) -> NDArray[np.float32]:
    """(side, side) density, a sample a pixel."""
    from sim.microscope.fluorescence.scenes import make_scene

    rng = np.random.default_rng([KINDS.index(kind), seed, int(held), 5])
    pitch_um = MicroscopeOptions().pitch_um
    return make_scene(kind, (_SCENE_PX, _SCENE_PX), pitch_um, rng)


def _places(n: int, side: int) -> Floats:
    """(n, 2) top and left of fields that do not overlap while there is room.

    More than that lie on grids between the lines of the first, and overlap with its fields.
    """
    between = SIDE_PX // 2
    found = []
    for moved in ((0, 0), (between, between), (0, between), (between, 0)):
        rows, columns = ((side - start) // SIDE_PX for start in moved)
        number = np.random.default_rng(5).permutation(rows * columns)
        grid = np.stack([number // columns, number % columns], axis=1)
        found.append(SIDE_PX * grid + np.array(moved))
    places = np.concatenate(found)
    if n > len(places):
        raise ValueError(f"{n} fields; allowed: at most {len(places)} in a scene")
    chosen: Floats = places[:n].astype(np.float64)
    return chosen


def _squares(scene: NDArray[np.float32], top: int, left: int) -> Floats:
    inner = _SQUARES * _SQUARE_PX
    edge = (SIDE_PX - inner) // 2
    cut = scene[top + edge : top + edge + inner, left + edge : left + edge + inner]
    shape = (_SQUARES, _SQUARE_PX, _SQUARES, _SQUARE_PX)
    found: Floats = cut.reshape(shape).mean(axis=(1, 3), dtype=np.float64).ravel()
    return found


DOMAIN = Microscope
