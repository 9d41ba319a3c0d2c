"""`predictive` on scenes and cameras that mislead other families; one frame a field.

Flat fields at any light, gain and clip, hits and spikes, beads, ramps, processes with edges of the
spectrum in odd places, templates, real images, cameras whose pixels differ; how monotone it is in
light and read noise. What it costs is in `cost.py`; `coverage.py` and `chains.py` have the rest.
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, logsumexp, ndtri

from benchmarks.estimator_cases import mixture, real_images
from benchmarks.estimator_cases.problems import places, process_truth_bits
from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import CameraNoise, GaussianNoise, PoissonNoise
from hil.information import estimate_information as estimate
from hil.noise import CameraMapNoise, EmccdNoise, NoiseModel
from hil.noise.entropy.camera_pixel import CameraPixel

Frames = NDArray[np.generic]
Lag = Callable[[Floats, Floats], Floats]

SHAPE = (8, 1, 96, 96)
CAMERA = CameraNoise(0.5, 100, 1.6)
POINTS = 20  # of a chain of settings
OTHERS = ("copula", "copula_gaussian")


class Case(NamedTuple):
    """Frames drawn with a seed, their noise, the truth in bits, and the error to reach."""

    says: str
    noise: NoiseModel | CameraMapNoise
    frames: Callable[[np.random.Generator], Frames]
    truth: float
    to_reach: str = "0.005"
    patch_size: int = 8


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure every case with every seed."""
    groups = (_flat, _rare, _maps, _levels, ramps, processes, _templates)
    for case in (case for group in groups for case in group()):
        errors, bounds, seconds = [], [], []
        for seed in range(n_seeds):
            frames = case.frames(np.random.default_rng(seed))
            started = time.process_time()
            found = estimate(
                frames, case.noise, "predictive", case.patch_size, max_saturated_share=1.0
            )
            seconds.append(time.process_time() - started)
            errors.append(found.bits_per_pixel - case.truth)
            bounds.append(found.details["held_out_bits"] - case.truth)
        yield Row(
            f"predictive, {case.says}",
            float(np.mean(errors)),
            float(np.std(errors)),
            float(np.median(seconds)),
            "",
            case.to_reach,
            f"truth {case.truth:.4f}, bound {np.mean(bounds):+.4f}",
        )
    yield from _images()
    yield from _chains(n_seeds)


def _flat() -> Iterator[Case]:
    def case(says: str, noise: CameraNoise | PoissonNoise | EmccdNoise, light: float) -> Case:
        return Case(f"flat, {says}", noise, lambda rng: noise.sample(np.full(SHAPE, light), rng), 0)

    for light in (0.0, 0.3, 1, 3, 10, 30, 100):
        if light:
            yield case(f"{light:g} photons", PoissonNoise(), light)
        yield case(f"{light:g} e, read noise 1.6 e", CAMERA, light)
    for gain in (0.05, 0.11, 0.27, 2.0, 8.0, 30.0):
        for light in (5.0, 300.0):
            yield case(f"{gain:g} e/ADU, {light:g} e", CameraNoise(gain, 100, 0.9), light)
    for noise in (CameraNoise(0.5, 100, 1.6, 10), CameraNoise(2.1, 40, 5.0, 8)):
        top = (noise.highest_adu - noise.offset_adu) * noise.gain_e_per_adu
        for share in (0.01, 0.05, 0.2, 0.5, 0.9, 0.99):
            light = top + float(ndtri(share)) * math.sqrt(top + noise.read_noise_e**2)
            yield case(f"{noise.bit_depth} bit, {share:.0%} clipped", noise, light)
    yield case("EMCCD, 2 e", EmccdNoise(5.0, 200, 40.0, 300), 2.0)


def _rare() -> Iterator[Case]:
    def hit(share: float, light: float) -> Case:
        def frames(rng: np.random.Generator) -> Frames:
            y = CAMERA.sample(np.full(SHAPE, light), rng).astype(float)
            at = rng.random(SHAPE) < share
            y[at] += rng.exponential(1500, int(at.sum()))
            return np.clip(np.rint(y), 0, 65535).astype(np.uint16)

        return Case(f"flat {light:g} e, {share:.2%} hits", CAMERA, frames, 0.0, "0.02")

    def beads(share: float, light: float, bead: float) -> Case:
        def frames(rng: np.random.Generator) -> Frames:
            return CAMERA.sample(np.where(rng.random(SHAPE) < share, bead, light), rng)

        truth = float(entr([share, 1 - share]).sum()) / math.log(2)
        return Case(f"beads of {bead:g} e, {share:.1%}", CAMERA, frames, truth, "0.02")

    yield from (hit(1e-4, 20.0), hit(2e-4, 200.0), hit(5e-4, 2000.0))
    yield from (beads(1e-3, 50.0, 2000.0), beads(3e-3, 10.0, 500.0))


def _maps() -> Iterator[Case]:
    rng = np.random.default_rng(1)
    size = SHAPE[2:]
    read = 1.6 * np.exp(0.5 * rng.standard_normal(size))
    offset = 100 + rng.normal(0, 1.5, size)
    response = 1 + 0.01 * rng.standard_normal(size)
    for says, noise in (
        ("read noise", CameraMapNoise(0.5, 100, read)),
        ("all", CameraMapNoise(0.5, offset, read, response)),
    ):
        for light in (0.0, 3.0, 30.0, 300.0):

            def frames(
                rng: np.random.Generator, noise: CameraMapNoise = noise, light: float = light
            ) -> Frames:
                return noise.sample(np.full(SHAPE, light), rng)

            yield Case(f"flat {light:g} e, maps of {says}", noise, frames, 0.0, "0.02")


def _levels() -> Iterator[Case]:
    for low, high in ((50.0, 150.0), (10.0, 20.0), (500.0, 550.0)):
        distribution = CameraPixel(0.5, 100, 1.6, 65535)
        each = distribution.probabilities(np.array([low, high]), np.arange(3000.0) - 0.5)
        h = float(entr(each.mean(axis=0)).sum() - entr(each).sum(axis=1).mean())

        def pixels(rng: np.random.Generator, low: float = low, high: float = high) -> Frames:
            return CAMERA.sample(np.where(rng.random(SHAPE) < 0.5, low, high), rng)

        says = f"independent pixels of {low:g} and {high:g} e"
        yield Case(says, CAMERA, pixels, h / math.log(2), "0.005")

    def stripes(rng: np.random.Generator) -> Frames:
        rows = np.where(rng.random((8, 1, 96, 1)) < 0.5, 50.0, 150.0)
        return CAMERA.sample(np.broadcast_to(rows, SHAPE).copy(), rng)

    yield Case("rows of 50 or 150 e", CAMERA, stripes, 1 / 8, "0.02")


def _ramp(rng: np.random.Generator, n: int, ratio: float, mean: float) -> Floats:
    side = SHAPE[2]
    row, column = np.mgrid[0:side, 0:side] / (side - 1) - 0.5
    turn = rng.uniform(0, 2 * math.pi, (n, 1, 1))
    t = row * np.cos(turn) + column * np.sin(turn)
    low, high = t.min(axis=(1, 2), keepdims=True), t.max(axis=(1, 2), keepdims=True)
    return np.asarray(mean * np.exp(((t - low) / (high - low) - 0.5) * math.log(ratio)))


def ramps() -> Iterator[Case]:
    p, side = 8, SHAPE[2]
    for ratio, mean in ((10, 1000.0), (30, 1000.0), (30, 200.0)):
        rng = np.random.default_rng(5)
        light = _ramp(rng, 360, ratio, mean).reshape(-1, side // p, p, side // p, p)
        t = 2 * np.sqrt(light.swapaxes(2, 3).reshape(-1, p * p) + 0.375)
        chosen = rng.integers(len(t), size=400)
        y = t[chosen] + rng.standard_normal((400, p * p))
        joint = y @ t.T - (t**2).sum(axis=1) / 2
        nats = joint[np.arange(400), chosen] - logsumexp(joint, axis=1) + math.log(len(t))
        for n in (8, 24):

            def frames(
                rng: np.random.Generator, n: int = n, ratio: float = ratio, mean: float = mean
            ) -> Frames:
                return np.asarray(rng.poisson(_ramp(rng, n, ratio, mean)))[:, None]

            says = f"ramps of {ratio}:1, {mean:g} photons, {n} fields"
            truth = float(nats.mean()) / (p * p * math.log(2))
            yield Case(says, PoissonNoise(), frames, truth, "0.02", p)


def lags(n: int) -> tuple[Floats, Floats]:
    at = np.minimum(np.arange(n), n - np.arange(n)) * np.where(np.arange(n) <= n // 2, 1.0, -1.0)
    return at[:, None], at[None, :]


PROCESSES: dict[str, tuple[Lag, float]] = {
    "exponential, 9 times the noise": (lambda y, x: np.exp(-np.hypot(y, x) / 3), 30.0),
    "Matern 3/2, 20 dB": (
        lambda y, x: (1 + np.hypot(y, x) / 2) * np.exp(-np.hypot(y, x) / 2),
        100.0,
    ),
    "oriented, 40 dB": (lambda y, x: np.exp(-((y + x) ** 2) / 128 - (y - x) ** 2 / 8), 1000.0),
    "ring, 30 dB": (
        lambda y, x: np.cos(1.2 * np.hypot(y, x)) * np.exp(-(y**2 + x**2) / 60),
        316.0,
    ),
    "smooth, 30 dB": (lambda y, x: np.exp(-(y**2 + x**2) / 18), 316.0),
}


def processes() -> Iterator[Case]:
    sigma = 10.0
    for name, (lag, amplitude) in PROCESSES.items():
        # what the torus makes of it, where no such covariance is positive
        grid = lags(256)
        power = np.maximum(np.fft.fft2(amplitude**2 * lag(*grid)).real, 0)
        covariance = np.fft.ifft2(power).real
        for p, side, n in ((16, 128, 80), (16, 96, 8), (8, 64, 8)):
            at = places(p)
            apart = at[:, None] - at[None]
            own = covariance[apart[..., 0], apart[..., 1]]

            def frames(
                rng: np.random.Generator, power: Floats = power, side: int = side, n: int = n
            ) -> Frames:
                white = rng.standard_normal((n, *power.shape))
                scene = np.fft.ifft2(np.sqrt(power) * np.fft.fft2(white)).real[:, :side, :side]
                noisy = 1000 + scene + rng.normal(0, sigma, scene.shape)
                return np.rint(noisy).astype(np.int32)

            patches = n * (side // p) ** 2
            yield Case(
                f"process, {name}, {patches} patches of {p}",
                GaussianNoise(sigma),
                frames,
                process_truth_bits(np.asarray(own, dtype=np.float64), sigma),
                "0.004" if patches > 4000 else "0.01",
                p,
            )


def _templates() -> Iterator[Case]:
    for case in mixture.CASES:
        if case.repeats > 1:
            continue
        noise = PoissonNoise() if case.mean_e else GaussianNoise(mixture.SIGMA_ADU)
        x = mixture.templates(case, np.random.default_rng(0))

        def frames(rng: np.random.Generator, case: mixture.Case = case, x: Floats = x) -> Frames:
            chosen = x[rng.integers(mixture.K, size=mixture.N)]
            y = np.rint(mixture.measured(case, chosen, rng)).astype(np.int64)
            return y.reshape(-1, 1, mixture.P, mixture.P)

        truth = mixture.truth_bits(case, x)
        yield Case(f"64 templates, {case.says}", noise, frames, truth, "0.02", mixture.P)


def image_fields() -> dict[str, Floats]:
    found = {name: real_images.fields(image()) for name, image in real_images.images().items()}
    if importlib.util.find_spec("skimage") is not None:
        from skimage.data import coffee

        found["coffee"] = real_images.fields(np.asarray(coffee()[..., 1], dtype=np.float64))
    return found


def _images() -> Iterator[Row]:
    """Held-out bound less the least one of the other families that give codes probabilities."""
    for says, x in image_fields().items():
        for mean in (3, 30, 300, 1000):
            rng = np.random.default_rng(0)
            frames = rng.poisson(mean * x / x.mean())
            started = time.process_time()
            own = estimate(frames, PoissonNoise(), "predictive", 8).details["held_out_bits"]
            seconds = time.process_time() - started
            other = min(
                estimate(frames, PoissonNoise(), name, 8).details["held_out_bits"]
                for name in OTHERS
            )
            yield Row(
                f"predictive less the best of {', '.join(OTHERS)}: {says}, {mean} photons",
                own - other,
                0.0,
                seconds,
                "",
                "at most 0.003",
                f"bound {own:.4f}",
            )


def _chains(n_seeds: int) -> Iterator[Row]:
    """Largest step the wrong way in chains of settings that physics orders."""
    ends = {
        "light of a cell, 3 to 300 photons": (3.0, 300.0),
        "read noise over beads, 0 to 30 e": (0.0, 30.0),
    }
    images = image_fields()
    x = images["cell"] if "cell" in images else next(iter(images.values()))
    for says, (low, high) in ends.items():
        worst = []
        for seed in range(min(n_seeds, 3)):
            rng = np.random.default_rng(seed)
            values = []
            if says.startswith("light"):
                for mean in np.geomspace(low, high, POINTS):
                    frames = rng.poisson(mean * x / x.mean())
                    found = estimate(frames, PoissonNoise(), "predictive", 8)
                    values.append(found.bits_per_pixel)
            else:
                electrons = rng.poisson(np.where(rng.random(SHAPE) < 2e-3, 2000.0, 50.0))
                white = rng.standard_normal(SHAPE)
                for read in np.linspace(low, high, POINTS)[::-1]:
                    adu = np.rint((electrons + read * white) / 0.5 + 100)
                    noise = CameraNoise(0.5, 100, read)
                    frames = np.clip(adu, 0, 65535).astype(np.uint16)
                    values.append(estimate(frames, noise, "predictive", 8).bits_per_pixel)
            worst.append(float(np.min(np.diff(values))))
        yield Row(
            f"predictive, largest fall where it should rise: {says}",
            float(np.mean(worst)),
            float(np.std(worst)),
            0.0,
            "",
            "at least -0.003",
            f"{POINTS} points",
        )
