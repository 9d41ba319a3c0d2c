"""Scenes and cameras that made a default number wrong once: right value and what each family says.

``python benchmarks/estimators.py table [SEEDS]`` prints it as docs/which_estimator.md shows it. One
frame a field, bits per pixel; means over seeds, and their spread where it is more than 0.0005. What
a flag keeps from winning is marked.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.special import entr, gammaincinv, ndtri

from benchmarks.estimator_cases import predictive, real_images
from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import estimate_information as estimate
from hil.noise import CameraMapNoise, CameraNoise, PoissonNoise
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.records.estimate import making_wrong

FAMILIES = ("predictive", "stationary", "copula")
SHAPE = (8, 1, 96, 96)
CAMERA = CameraNoise(0.5, 100, 1.6)
Noise = CameraNoise | PoissonNoise | CameraMapNoise
Frames = NDArray[np.generic]


class Setting(NamedTuple):
    """One measurement: what is said of it, its noise and how it is drawn."""

    says: str
    noise: Noise
    frames: Callable[[np.random.Generator], Frames]


class Case(NamedTuple):
    """A row: its settings in order, and what is right.

    Parameters
    ----------
    truth
        Bits of the first setting; NaN where only a bound or an order is known.
    less_first
        Whether values are those of the second setting less the first.
    """

    says: str
    right: str
    settings: Sequence[Setting]
    truth: float = math.nan
    less_first: bool = False
    patch_size: int = 8


class Found(NamedTuple):
    """What a family says of each setting, (settings, seeds), and whether a flag bars it."""

    bits: Floats
    barred: frozenset[str]


def measured(case: Case, family: str, seeds: int) -> Found:
    """Estimate all settings with all seeds."""
    barred: set[str] = set()
    bits = np.empty((len(case.settings), seeds))
    for i, setting in enumerate(case.settings):
        for seed in range(seeds):
            frames = setting.frames(np.random.default_rng(seed))
            found = estimate(frames, setting.noise, family, case.patch_size)
            bits[i, seed] = found.bits_per_pixel
            if i or not case.less_first:
                barred |= set(making_wrong(found.flags))
    if case.less_first:
        bits = bits[1:] - bits[:1]
    return Found(bits, frozenset(barred))


def rows(n_seeds: int) -> Iterator[Row]:
    """Errors of the default where the truth is known."""
    for case in cases():
        if math.isnan(case.truth):
            continue
        error = measured(case, FAMILIES[0], n_seeds).bits[0] - case.truth
        says = f"seen to fail: {case.says}"
        yield Row(says, float(error.mean()), float(error.std()), 0.0, "", "0.02", case.right)


def print_table(n_seeds: int) -> None:
    """Print all rows as a table of Markdown."""
    print(f"| case | right | {' | '.join(f'`{name}`' for name in FAMILIES)} |")
    print("|---" * (2 + len(FAMILIES)) + "|", flush=True)
    for case in cases():
        cells = [_cell(measured(case, family, n_seeds)) for family in FAMILIES]
        print(f"| {case.says} | {case.right} | {' | '.join(cells)} |", flush=True)


def _cell(found: Found) -> str:
    words = []
    for values in found.bits:
        spread = float(values.std())
        words.append(f"{values.mean():.3f}" + (f" ± {spread:.3f}" if spread > 5e-4 else ""))
    text = ", ".join(words)
    if len(found.bits) > 2:
        text = ", ".join(f"{values.mean():.3f}" for values in found.bits)
    return text + (f" ({', '.join(sorted(found.barred))})" if found.barred else "")


def cases() -> Iterator[Case]:
    """All rows, in order."""
    for group in (_hits, _codes, _smooth, _cameras, _orders, _few_fields):
        yield from group()


def _flat(light: float) -> Floats:
    return np.full(SHAPE, light)


def _texture(rng: np.random.Generator, light: float) -> Floats:
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, 0, 1.5, 1.5))
    return np.asarray(light * np.exp(0.5 * white / white.std()))


def _hit(frames: Frames, share: float, rng: np.random.Generator) -> Frames:
    at = rng.random(frames.shape) < share
    more = at * rng.exponential(1500, frames.shape)
    return np.clip(frames + np.rint(more), 0, 65535).astype(np.uint16)


def _hits() -> Iterator[Case]:
    def hits(rng: np.random.Generator) -> Frames:
        return _hit(CAMERA.sample(_flat(200.0), rng), 2e-4, rng)

    yield Case("flat field, 0.02 % of pixels hit", "0", [Setting("", CAMERA, hits)], 0.0)

    def beads(rng: np.random.Generator) -> Frames:
        return CAMERA.sample(np.where(rng.random(SHAPE) < 1e-3, 2000.0, 50.0), rng)

    truth = float(entr([1e-3, 1 - 1e-3]).sum()) / math.log(2)
    says = "sparse beads, 0.1 % of pixels at 2,000 e on 50 e"
    yield Case(says, f"{truth:.3f}", [Setting("", CAMERA, beads)], truth)

    def exposed(seconds: float) -> Setting:
        def frames(rng: np.random.Generator) -> Frames:
            hot = np.random.default_rng(1).random(SHAPE[2:]) < 5e-4
            light = _texture(rng, 60.0) + hot * 200.0 * seconds
            return _hit(CAMERA.sample(light, rng), 2e-4 * seconds, rng)

        return Setting(f"{seconds:g} s", CAMERA, frames)

    settings = [exposed(s) for s in (0.1, 0.5, 2.0, 10.0)]
    yield Case("exposure 0.1, 0.5, 2, 10 s at equal dose, hot pixels and hits", "falls", settings)

    def spot(rng: np.random.Generator) -> Frames:
        row, column = np.mgrid[0:12, 0:12] - 5.5
        profile = np.exp(-(row**2 + column**2) / 18)
        return rng.poisson(rng.gamma(4.0, 0.125, (1200, 1, 1, 1)) * profile)

    truth = _spot_bits()
    says = "1,200 frames of 12 x 12 counts, a spot of changing brightness, corners nearly always 0"
    yield Case(says, f"{truth:.3f}", [Setting("", PoissonNoise(), spot)], truth, patch_size=12)


def _spot_bits() -> float:
    """Information of gamma distributed brightness in the sum of all counts, which is sufficient."""
    row, column = np.mgrid[0:12, 0:12] - 5.5
    total = float(np.exp(-(row**2 + column**2) / 18).sum())
    brightness = gammaincinv(4.0, (np.arange(4000) + 0.5) / 4000) * 0.125 * total
    distribution = CameraPixel(1.0, 0.0, 0.0, math.inf)
    each = distribution.probabilities(brightness, np.arange(300.0) - 0.5)
    nats = float(entr(each.mean(axis=0)).sum() - entr(each).sum(axis=1).mean())
    return nats / math.log(2) / 144


def _log_normal_bits(top: float, camera: CameraNoise = CAMERA, sd: float = 0.5) -> float:
    """Information of one pixel of log-normal light about 300 e, clipped at ``top``."""
    light = 300 * np.exp(sd * ndtri((np.arange(2000) + 0.5) / 2000))
    pixel = CameraPixel(camera.gain_e_per_adu, camera.offset_adu, camera.read_noise_e, top)
    last = min(top, float(light[-1]) / camera.gain_e_per_adu * 1.3 + camera.offset_adu)
    each = pixel.probabilities(light, np.arange(0.0, last + 2) - 0.5)
    each[:, -1] += np.maximum(1 - each.sum(axis=1), 0)
    nats = float(entr(each.mean(axis=0)).sum() - entr(each).sum(axis=1).mean())
    return nats / math.log(2)


def _independent(rng: np.random.Generator, camera: CameraNoise = CAMERA, sd: float = 0.5) -> Frames:
    return camera.sample(300 * np.exp(sd * rng.standard_normal(SHAPE)), rng)


def _codes() -> Iterator[Case]:
    truth = _log_normal_bits(65535.0)
    for says, factor in (("12 bits left-justified in 16", 16.0), ("digital gain 1.5", 1.5)):
        noise = CameraNoise(0.5 / factor, 100 * factor, 1.6)

        def shifted(rng: np.random.Generator, factor: float = factor) -> Frames:
            return np.rint(np.minimum(_independent(rng), 4095) * factor).astype(np.uint16)

        yield Case(
            f"{says}, independent pixels", f"{truth:.3f}", [Setting("", noise, shifted)], truth
        )
    for share in (0.03, 0.48):
        one = _independent(np.random.default_rng(0))
        top = float(np.quantile(one, 1 - share))

        def clipped(rng: np.random.Generator, top: float = top) -> Frames:
            return np.minimum(_independent(rng), np.uint16(top))

        truth = _log_normal_bits(top)
        says = f"{share:.0%} clipped below the top code, which nobody stated"
        yield Case(says, f"{truth:.3f}", [Setting("", CAMERA, clipped)], truth)


def _smooth() -> Iterator[Case]:
    for case in predictive.ramps():
        if "24 fields" in case.says and "200 photons" not in case.says:
            settings = [Setting("", PoissonNoise(), case.frames)]
            yield Case(f"smooth light, {case.says}", f"{case.truth:.3f}", settings, case.truth)
    for case in predictive.processes():
        odd = "oriented, 40" in case.says or "ring" in case.says
        if odd and case.patch_size == 16 and "288 patches" in case.says:
            assert not isinstance(case.noise, CameraMapNoise)
            settings = [Setting("", case.noise, case.frames)]  # type: ignore[arg-type]
            says, truth = case.says, case.truth
            yield Case(says, f"{truth:.3f}", settings, truth, patch_size=16)


def _cameras() -> Iterator[Case]:
    rng = np.random.default_rng(1)
    maps = CameraMapNoise(0.5, 100, 1.6 * np.exp(0.5 * rng.standard_normal(SHAPE[2:])))
    for light in (0.0, 3.0):

        def flat(rng: np.random.Generator, light: float = light) -> Frames:
            return maps.sample(_flat(light), rng)

        says = f"exact maps, read noise differing by pixel, flat field of {light:g} e"
        yield Case(says, "0", [Setting("", maps, flat)], 0.0)

    def clean(rng: np.random.Generator) -> Frames:
        return CAMERA.sample(_texture(rng, 60.0), rng)

    def spikes(rng: np.random.Generator) -> Frames:
        frames = clean(rng)
        at = rng.random(SHAPE) < 2e-3
        return (frames + at * rng.integers(100, 400, SHAPE)).astype(np.uint16)

    both = [Setting("clean", CAMERA, clean), Setting("spikes", CAMERA, spikes)]
    yield Case(
        "0.2 % telegraph spikes on a scene, less the same without",
        "at most +0.02",
        both,
        less_first=True,
    )
    quiet = CameraNoise(0.1, 100, 0.27)

    def resolved(rng: np.random.Generator) -> Frames:
        return _independent(rng, quiet, 0.1)

    truth = _log_normal_bits(65535.0, quiet, 0.1)
    says = "camera that resolves electrons (0.27 e), independent pixels about 300 e"
    yield Case(says, f"{truth:.3f}", [Setting("", quiet, resolved)], truth)


def _orders() -> Iterator[Case]:
    found = real_images.images()
    name = "nuclei" if "nuclei" in found else next(iter(found))
    if importlib.util.find_spec("skimage") is not None or name == "Landsat band":
        x = real_images.fields(found[name]())
        lights = (3.0, 4.5, 6.0, 9.0)

        def lit(light: float) -> Setting:
            return Setting("", PoissonNoise(), lambda rng: rng.poisson(light * x / x.mean()))

        yield Case(
            f"real image ({name}), light 3, 4.5, 6, 9 photons",
            "rises",
            [lit(one) for one in lights],
        )

    def noisier(read: float) -> Setting:
        def frames(rng: np.random.Generator) -> Frames:
            electrons = rng.poisson(np.where(rng.random(SHAPE) < 2e-3, 2000.0, 50.0))
            adu = np.rint((electrons + read * rng.standard_normal(SHAPE)) / 0.5 + 100)
            return np.clip(adu, 0, 65535).astype(np.uint16)

        return Setting("", CameraNoise(0.5, 100, read), frames)

    reads = (0.0, 2.0, 5.0, 10.0, 20.0)
    settings = [noisier(read) for read in reads]
    truth = float(entr([2e-3, 1 - 2e-3]).sum()) / math.log(2)
    says = "read noise 0, 2, 5, 10, 20 e on the same beads"
    yield Case(says, f"{truth:.3f}, does not rise", settings)


def _few_fields() -> Iterator[Case]:
    pixels = 1 + 0.01 * np.random.default_rng(2).standard_normal(SHAPE[2:])
    for n in (1, 3):

        def uneven(rng: np.random.Generator, n: int = n) -> Frames:
            return CAMERA.sample(np.broadcast_to(20_000 * pixels, (n, 1, *SHAPE[2:])), rng)

        says = f"fixed pattern of 1 %, flat field of 20,000 e, {n} field{'s' if n > 1 else ''}"
        yield Case(says, "0, or barred", [Setting("", CAMERA, uneven)], math.nan)
