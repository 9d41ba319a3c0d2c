"""Sensors whose pixels differ: what passes for information, with maps known, measured and none.

    python benchmarks/fixed_pattern.py [SEEDS] [flat|scene|sweep|none ...]

``flat``: fields of even light, which carry nothing. ``scene``: against a perfect sensor with the
same photons. ``sweep``: light raised through saturation, against the exact information of one
pixel. ``none``: no maps, repeats over many fields alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import entr, ndtr

from hil.calibration import PhotonTransfer, mapped_noise
from hil.information import estimate_information
from hil.noise import CameraMapNoise, CameraNoise

SIDE_PX, FIELDS, REPEATS, PATCH_PX = 256, 12, 2, 16
ESTIMATORS = ("stationary", "copula", "best")
CALIBRATION_FRAMES, LEVELS, REPEATS_A_LEVEL = 200, 8, 16


class Sensor(NamedTuple):
    """Standard deviations over pixels, and what is lost in the corners."""

    says: str
    gain_e_per_adu: float
    read_noise_e: float
    response: float
    offset_e: float
    vignetting: float
    hot: float
    mean_e: float
    read_noise_spread: float = 0.1
    bit_depth: int = 16

    @property
    def plain(self) -> CameraNoise:
        """A sensor whose pixels are alike."""
        return CameraNoise(self.gain_e_per_adu, 100, self.read_noise_e, self.bit_depth)

    def drawn(self, rng: np.random.Generator) -> CameraMapNoise:
        """Draw the pixels."""
        shape = (SIDE_PX, SIDE_PX)
        y, x = np.mgrid[-1 : 1 : SIDE_PX * 1j, -1 : 1 : SIDE_PX * 1j]
        shading = 1 - self.vignetting * (x**2 + y**2) / 2
        response = shading / shading.mean() * (1 + self.response * rng.standard_normal(shape))
        spread = self.offset_e / self.gain_e_per_adu
        hot = rng.random(shape) < self.hot
        return CameraMapNoise(
            self.gain_e_per_adu,
            100 + spread * rng.standard_normal(shape),
            self.read_noise_e * rng.lognormal(0, self.read_noise_spread, shape),
            response,
            ~hot,
            np.where(hot, 0.2 * self.mean_e * rng.exponential(1.0, shape), 0.0),
            self.bit_depth,
        )


SENSORS = (
    Sensor("the issue's", 0.5, 1.6, 0.01, 2.0, 0.2, 0.001, 15_000),
    Sensor("a quarter of the light", 0.5, 1.6, 0.01, 2.0, 0.2, 0.001, 3_750),
    Sensor("dim", 0.5, 1.6, 0.01, 2.0, 0.2, 0.001, 100),
    Sensor("CCD, 2 e/ADU", 2.0, 8.0, 0.006, 4.0, 0.3, 0.0005, 40_000),
    Sensor("CMOS of 12 bits", 2.4, 2.5, 0.015, 3.0, 0.4, 0.002, 4_500, 0.2, 12),
)


def measured(camera: CameraMapNoise, sensor: Sensor, rng: np.random.Generator) -> CameraMapNoise:
    """Calibrate as ``hil calibrate --flat`` does: a scene at eight levels, dark and flat frames."""

    def taken(frames: int, light: np.ndarray | float) -> np.ndarray:
        return camera.sample(np.broadcast_to(light, (frames, SIDE_PX, SIDE_PX)), rng)

    transfer = PhotonTransfer(camera.bit_depth)
    transfer.add(taken(CALIBRATION_FRAMES, 0.0), 10.0, 0.0, dark=True)
    pattern = scenes(rng, 1.0, 0.3)[0, 0]
    range_e = (sensor.plain.highest_adu - 100) * sensor.gain_e_per_adu
    brightest_e = min(0.6 * range_e, 4 * sensor.mean_e)
    for level in np.linspace(0.25, 1.0, LEVELS) ** 2:
        transfer.add(taken(REPEATS_A_LEVEL, level * brightest_e * pattern), 10.0, level)
    transfer.add(taken(CALIBRATION_FRAMES, sensor.mean_e), 10.0, 1.0, flat=True)
    found = transfer.fit()
    if found.problems or found.maps is None:
        raise SystemExit(f"refused: {found.problems}")
    return mapped_noise(found, found.maps)


def scenes(rng: np.random.Generator, mean_e: float, contrast: float) -> np.ndarray:
    """Smooth scenes, (FIELDS, 1, SIDE_PX, SIDE_PX) electrons."""
    k = 7
    white = rng.standard_normal((FIELDS, 1, SIDE_PX + k - 1, SIDE_PX + k - 1))
    across = sum(white[..., j : j + SIDE_PX] for j in range(k))
    smooth = sum(across[..., i : i + SIDE_PX, :] for i in range(k)) / k
    result: np.ndarray = mean_e * np.exp(contrast * smooth - contrast**2 / 2)
    return result


def bits_of(
    frames: np.ndarray, noise: CameraMapNoise | CameraNoise, estimator: str, **options: object
) -> tuple[float, str]:
    found = estimate_information(frames, noise, estimator, PATCH_PX, **options)  # type: ignore[arg-type]
    return found.bits_per_pixel, "+".join(f for f in found.flags if f != "negative")


def show(says: str, errors: Sequence[tuple[float, str]]) -> None:
    values = np.array([value for value, _ in errors])
    flags = sorted({flag for _, flag in errors if flag})
    worst = values[np.abs(values).argmax()]
    print(f"{says:62s} {values.mean():+8.4f} +- {values.std():.4f}  {worst:+8.4f}  {flags}")


def flat(seeds: range) -> None:
    """Even light: all that is reported is wrong."""
    for sensor in SENSORS:
        for maps in ("exact", "measured"):
            errors: dict[str, list[tuple[float, str]]] = {name: [] for name in ESTIMATORS}
            for seed in seeds:
                rng = np.random.default_rng(seed)
                camera = sensor.drawn(rng)
                noise = camera if maps == "exact" else measured(camera, sensor, rng)
                light = np.full((FIELDS, REPEATS, SIDE_PX, SIDE_PX), sensor.mean_e)
                frames = camera.sample(light, rng)
                for name in ESTIMATORS:
                    errors[name].append(bits_of(frames, noise, name))
            for name in ESTIMATORS:
                show(f"flat, {sensor.says}, maps {maps}, {name}", errors[name])


def scene(seeds: range) -> None:
    """Structured light, against a perfect sensor with the same photons."""
    for sensor in SENSORS:
        for maps in ("exact", "measured"):
            for name in ESTIMATORS[:2]:
                errors = []
                for seed in seeds:
                    rng = np.random.default_rng(seed)
                    camera = sensor.drawn(rng)
                    noise = camera if maps == "exact" else measured(camera, sensor, rng)
                    light = np.repeat(scenes(rng, 0.6 * sensor.mean_e, 0.15), REPEATS, axis=1)
                    perfect = sensor.plain.sample(light, rng)
                    expected, _ = bits_of(perfect, sensor.plain, name, mask=camera.usable)
                    found, flags = bits_of(camera.sample(light, rng), noise, name)
                    errors.append((found - expected, flags))
                show(f"scene, {sensor.says}, maps {maps}, {name}", errors)


def exact_bits(noise: CameraNoise, mean_e: float, spread: float) -> tuple[float, float]:
    """I(X;Y) of one pixel under log-normal light by summation, and its clipped share."""
    u = np.linspace(-6, 6, 1201)
    weight = np.exp(-(u**2) / 2)
    weight /= weight.sum()
    lambda_e = (mean_e * np.exp(spread * u))[:, None]
    g = noise.gain_e_per_adu
    sd = np.sqrt(lambda_e + noise.read_noise_e**2) / g
    edges = np.arange(1, int(noise.highest_adu) + 1) - 0.5
    cdf = ndtr((edges - lambda_e / g - noise.offset_adu) / sd)
    distribution = np.diff(np.concatenate([0 * sd, cdf, np.ones_like(sd)], axis=1), axis=1)
    bits = (entr(weight @ distribution).sum() - weight @ entr(distribution).sum(axis=1)) / np.log(2)
    return float(bits), float(weight @ distribution[:, -1])


def sweep(seeds: range) -> None:
    """Independent pixels, light raised until 90 % of them clip."""
    sensor = SENSORS[-1]._replace(hot=0.0)
    full_e = (sensor.plain.highest_adu - 100) * sensor.gain_e_per_adu
    for share in (0.3, 0.6, 0.8, 1.0, 1.2, 1.5):
        exact, clipped = exact_bits(sensor.plain, share * full_e, 0.3)
        for name in ESTIMATORS[:2]:
            errors = []
            for seed in seeds:
                rng = np.random.default_rng(seed)
                camera = sensor.drawn(rng)
                pattern = np.exp(0.3 * rng.standard_normal((FIELDS, 1, SIDE_PX, SIDE_PX)))
                light = np.repeat(share * full_e * pattern, REPEATS, axis=1)
                found, flags = bits_of(camera.sample(light, rng), camera, name)
                errors.append((found - exact, flags))
            show(f"sweep, {100 * clipped:.1f} % clipped, exact {exact:.3f}, {name}", errors)


def none(seeds: range) -> None:
    """No maps: what repeats over fields tell of the pattern."""
    for sensor in SENSORS:
        sensor = sensor._replace(hot=0.0)
        for kind in ("flat", "scene"):
            errors, subtracted = [], []
            for seed in seeds:
                rng = np.random.default_rng(seed)
                camera = sensor.drawn(rng)
                light = np.full((FIELDS, 1, SIDE_PX, SIDE_PX), sensor.mean_e)
                if kind == "scene":
                    light = scenes(rng, 0.6 * sensor.mean_e, 0.15)
                light = np.repeat(light, REPEATS, axis=1)
                expected, _ = bits_of(sensor.plain.sample(light, rng), sensor.plain, "stationary")
                frames = camera.sample(light, rng)
                found, flags = bits_of(frames, sensor.plain, "stationary")
                errors.append((found - expected, flags))
                taken, flags = bits_of(frames, sensor.plain, "stationary", subtract_pattern=True)
                subtracted.append((taken - expected, flags))
            show(f"no maps, {kind}, {sensor.says}", errors)
            show(f"no maps, {kind}, {sensor.says}, subtracted", subtracted)


TABLES: dict[str, Callable[[range], None]] = {
    "flat": flat,
    "scene": scene,
    "sweep": sweep,
    "none": none,
}


def main(words: list[str]) -> None:
    seeds = range(int(words.pop(0)) if words and words[0].isdigit() else 3)
    print(f"{FIELDS} fields, {REPEATS} repeats, {SIDE_PX} x {SIDE_PX}; bits per pixel too many")
    print(f"{'':62s} {'mean':>8s}    {'sd':6s}  {'worst':>8s}  flags")
    for name in words or list(TABLES):
        TABLES[name](seeds)


if __name__ == "__main__":
    main(sys.argv[1:])
