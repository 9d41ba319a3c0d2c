"""Random chains of settings that physics orders: how many pairs come out in the wrong order.

``python benchmarks/estimators.py chains 100`` draws 100 of them. Each has a scene (textures, binary
edges, beads, smooth light, real images), a camera and five settings of one of five kinds, of which
each is worse than the one before by construction: its frames are made from the better one's.

    light down     electrons are thinned (a binomial share of those of the brighter setting)
    read noise up  noise is added to the same electrons
    blur up        optics take detail from the same scene, at equal light; beads and edges sharper
                   than a pixel are not blurred: more pixels then carry their light, and no density
                   here knows that there were but two levels (0.5 bit too high, seen)
    clip down      the same frames are cut off at a lower code
    codes coarser  the same frames in steps of 2, 4, .. codes

A pair is wrong where the interval of its differences, paired by field, lies wholly on the wrong
side of 0. Of settings that are truly alike 2.5 % would, by chance; so by how much is said too.
Pairs of which a flag bars the setting that comes out better mislead no search, and count apart.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from benchmarks.estimator_cases import predictive
from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import compare, estimate_information
from hil.noise import CameraNoise
from hil.records.estimate import making_wrong

DEFAULT_SEEDS = 100
FIELDS, SIDE, PATCH, SETTINGS = 8, 64, 8, 5
Codes = NDArray[np.int64]


class Chain(NamedTuple):
    """Frames of settings, the best first, and the camera of each."""

    says: str
    frames: list[Codes]
    cameras: list[CameraNoise]


def rows(n_seeds: int) -> Iterator[Row]:
    """Draw so many chains, and count their pairs."""
    images = {name: _whole(x) for name, x in predictive.image_fields().items()}
    wrong, barred, pairs, largest, seconds = 0, 0, 0, 0.0, 0.0
    which: Counter[str] = Counter()
    for seed in range(n_seeds):
        one = chain(np.random.default_rng(seed), images)
        started = time.process_time()
        found = [
            estimate_information(frames, camera, patch_size=PATCH)
            for frames, camera in zip(one.frames, one.cameras, strict=True)
        ]
        seconds += time.process_time() - started
        for better, worse in combinations(found, 2):
            difference = compare(better, worse)
            pairs += 1
            if difference.ci_high < 0 and making_wrong(worse.flags):
                barred += 1
            elif difference.ci_high < 0:
                wrong += 1
                largest = max(largest, -difference.bits_per_pixel)
                which[f"{seed}: {one.says}"] += 1
    yield Row(
        f"{n_seeds} chains of {SETTINGS} settings: share of pairs in the wrong order",
        wrong / max(pairs, 1),
        0.0,
        seconds,
        "",
        "0",
        f"{wrong} of {pairs}, at most by {largest:.4f} bit; {barred} more barred by a flag; "
        + "; ".join(f"{says} ({n})" for says, n in which.items()),
    )


def chain(rng: np.random.Generator, images: dict[str, Floats]) -> Chain:
    """Draw one."""
    scene_says, x = _scene(rng, images)
    ways: list[Callable[[np.random.Generator, Floats], Chain]]
    ways = [_light, _read_noise, _blur, _clip, _codes]
    if scene_says == "beads":
        ways.remove(_blur)
    way = ways[rng.integers(len(ways))]
    if scene_says == "binary texture" and way is _blur:
        way = _light
    made = way(rng, x)
    return made._replace(says=f"{made.says} of {scene_says}")


def _scene(rng: np.random.Generator, images: dict[str, Floats]) -> tuple[str, Floats]:
    """Light (fields, 1, side, side) of mean 1, about."""
    shape = (FIELDS, 1, SIDE, SIDE)
    kinds = ["texture", "binary texture", "beads", "smooth light", *images]
    kind = kinds[rng.integers(len(kinds))]
    if kind in images:
        x = images[kind]
        return kind, (x / x.mean())[:, None]
    if kind == "beads":
        share, ratio = math.exp(rng.uniform(-6.5, -4)), rng.uniform(5, 40)
        return kind, np.where(rng.random(shape) < share, ratio, 1.0)
    length = rng.uniform(8, 20) if kind == "smooth light" else rng.uniform(0.6, 4)
    white = gaussian_filter(rng.standard_normal(shape), (0, 0, length, length), mode="wrap")
    white /= white.std()
    if kind == "binary texture":
        return kind, np.where(white > rng.uniform(-1, 1), rng.uniform(1.5, 6), 1.0)
    return kind, np.exp(rng.uniform(0.1, 0.9) * white)


def _whole(tiles: Floats) -> Floats:
    """(fields, side, side) out of tiles (n, 32, 32) of an image, ten to a row."""
    n, small = math.isqrt(len(tiles)), tiles.shape[1]
    image = tiles.reshape(n, n, small, small).swapaxes(1, 2).reshape(n * small, n * small)
    k = len(image) // SIDE
    cut = image[: k * SIDE, : k * SIDE].reshape(k, SIDE, k, SIDE).swapaxes(1, 2)
    return np.asarray(cut.reshape(-1, SIDE, SIDE)[:: max(1, k * k // FIELDS)][:FIELDS])


def _camera(rng: np.random.Generator, read_e: float | None = None) -> CameraNoise:
    read = math.exp(rng.uniform(-1, 2)) if read_e is None else read_e
    return CameraNoise(math.exp(rng.uniform(-1, 1.5)), 100, read)


def _read_out(electrons: NDArray[np.integer], white: Floats, camera: CameraNoise) -> Codes:
    adu = (electrons + camera.read_noise_e * white) / camera.gain_e_per_adu + camera.offset_adu
    return np.clip(np.rint(adu), 0, 65535).astype(np.int64)


def _mean_e(rng: np.random.Generator) -> float:
    return math.exp(rng.uniform(math.log(3), math.log(1000)))


def _light(rng: np.random.Generator, x: Floats) -> Chain:
    camera, step = _camera(rng), rng.uniform(0.5, 0.9)
    electrons, white = rng.poisson(_mean_e(rng) * x), rng.standard_normal(x.shape)
    frames = []
    for _ in range(SETTINGS):
        frames.append(_read_out(electrons, white, camera))
        electrons = rng.binomial(electrons, step)
    return Chain("light", frames, [camera] * SETTINGS)


def _read_noise(rng: np.random.Generator, x: Floats) -> Chain:
    electrons, white = rng.poisson(_mean_e(rng) * x), rng.standard_normal(x.shape)
    gain, read, step = *np.exp(rng.uniform(-1, 1, 2)), rng.uniform(1.15, 2)
    cameras = [CameraNoise(gain, 200, read * step**i) for i in range(SETTINGS)]
    return Chain("read noise", [_read_out(electrons, white, one) for one in cameras], cameras)


def _blur(rng: np.random.Generator, x: Floats) -> Chain:
    camera, mean, step = _camera(rng), _mean_e(rng), rng.uniform(1.2, 1.8)
    white, frames = rng.standard_normal(x.shape), []
    uniform = rng.integers(2**31)
    for i in range(SETTINGS):
        length = 0.4 * step**i
        blurred = mean * gaussian_filter(x, (0, 0, length, length))
        # the same chance in each setting, so that they differ in their light alone
        electrons = np.random.default_rng(uniform).poisson(blurred)
        frames.append(_read_out(electrons, white, camera))
    return Chain("blur", frames, [camera] * SETTINGS)


def _one(rng: np.random.Generator, x: Floats) -> tuple[Codes, CameraNoise]:
    camera = _camera(rng)
    electrons = rng.poisson(_mean_e(rng) * x)
    return _read_out(electrons, rng.standard_normal(x.shape), camera), camera


def _clip(rng: np.random.Generator, x: Floats) -> Chain:
    y, camera = _one(rng, x)
    tops = [round(float(np.quantile(y, share))) for share in (1.0, 0.97, 0.85, 0.6, 0.3)]
    return Chain("clip", [np.minimum(y, top) for top in tops], [camera] * SETTINGS)


def _codes(rng: np.random.Generator, x: Floats) -> Chain:
    y, camera = _one(rng, x)
    frames, cameras = [], []
    for i in range(SETTINGS):
        step = 2**i
        # code n stands for ADU n step .. (n + 1) step - 1: its middle is what the noise model has
        offset = (camera.offset_adu - (step - 1) / 2) / step
        frames.append(y // step)
        cameras.append(CameraNoise(camera.gain_e_per_adu * step, offset, camera.read_noise_e))
    return Chain("coarser codes", frames, cameras)
