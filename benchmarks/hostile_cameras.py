"""Cameras that are not what their noise model says: what they add, and whether a flag bars it.

Eight fields of 96 x 96, one frame each, of a flat field and of a texture that optics have blurred;
patches of 8; one seed. ``silent`` is what reads more than 0.02 bit above the same scene by the
camera as it is described, with no flag that bars.

    python benchmarks/hostile_cameras.py [camera ...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter

from drivers.types import Floats
from hil.information import estimate_information
from hil.noise import CameraNoise
from hil.records.estimate import making_wrong

CAMERA = CameraNoise(0.5, 100, 1.6)
N, SIDE = 8, 96
SHAPE = (N, 1, SIDE, SIDE)
SILENT = 0.02
Draw = np.random.Generator
_FIXED = np.random.default_rng(99)
_PIXELS, _COLUMNS = _FIXED.standard_normal((SIDE, SIDE)), _FIXED.standard_normal(SIDE)


def flat(rng: Draw) -> Floats:
    return np.full(SHAPE, 200.0)


def texture(rng: Draw) -> Floats:
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, 0, 1.5, 1.5))
    return np.asarray(200 * np.exp(0.3 * white / white.std()))


def ideal(light: Floats, rng: Draw) -> Floats:
    return CAMERA.sample(light, rng).astype(float)


def uneven_pixels_and_vignetting(light: Floats, rng: Draw) -> Floats:
    y = np.linspace(-1, 1, SIDE)
    return ideal(light * (1 + 0.02 * _PIXELS) * (1 - 0.4 * y[:, None] ** 2 - 0.3 * y**2), rng)


def dead_columns(light: Floats, rng: Draw) -> Floats:
    y = ideal(light, rng)
    y[..., [10, 40, 41, 77]] = 100
    return y


def hot_rows(light: Floats, rng: Draw) -> Floats:
    more = np.zeros((SIDE, 1))
    more[[5, 50]] = 150
    return ideal(light + more, rng)


def missing_codes(light: Floats, rng: Draw) -> Floats:
    y = ideal(light, rng)
    return np.asarray(y - (y % 8 == 3))


def two_gains(light: Floats, rng: Draw) -> Floats:
    y = ideal(light, rng)
    return np.where(y > 520, np.rint(520 + (y - 520) * 0.25), y)


def columns_of_their_own_gain(light: Floats, rng: Draw) -> Floats:
    return np.rint(100 + (ideal(light, rng) - 100) * (1 + 0.02 * _COLUMNS))


def interlaced(light: Floats, rng: Draw) -> Floats:
    light = light.copy()
    light[..., 1::2, :] *= 1 + 0.1 * rng.standard_normal((N, 1, 1, 1))
    return ideal(light, rng)


def lossy_pictures(light: Floats, rng: Draw) -> Floats:
    blocks = (ideal(light, rng) - 500).reshape(N, 1, SIDE // 8, 8, SIDE // 8, 8).swapaxes(3, 4)
    step = 10 + 5 * np.add.outer(np.arange(8), np.arange(8))
    waves = np.rint(dctn(blocks, axes=(-2, -1), norm="ortho") / step) * step
    return np.rint(idctn(waves, axes=(-2, -1), norm="ortho").swapaxes(3, 4).reshape(SHAPE) + 500)


def dithered(light: Floats, rng: Draw) -> Floats:
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
    return np.rint(ideal(light, rng) + np.tile(order * 1.5, (SIDE // 4, SIDE // 4)))


def flicker_bands(light: Floats, rng: Draw) -> Floats:
    phase = rng.uniform(0, 2 * np.pi, (N, 1, 1, 1)) + 2 * np.pi * np.arange(SIDE)[:, None] / 30
    return ideal(light * (1 + 0.08 * np.sin(phase)), rng)


def row_noise(light: Floats, rng: Draw) -> Floats:
    return np.rint(ideal(light, rng) + 8 * rng.standard_normal((N, 1, SIDE, 1)))


def lamp(light: Floats, rng: Draw) -> Floats:
    return ideal(light * (1 + 0.1 * rng.standard_normal((N, 1, 1, 1))), rng)


def sharpened(light: Floats, rng: Draw) -> Floats:
    y = ideal(light, rng)
    return np.rint(y + 0.5 * (y - gaussian_filter(y, (0, 0, 1, 1))))


def more_read_noise(light: Floats, rng: Draw) -> Floats:
    return np.rint(ideal(light, rng) + 8 * rng.standard_normal(SHAPE))


def tracks(light: Floats, rng: Draw) -> Floats:
    y = ideal(light, rng)
    for field in y[:, 0]:
        for _ in range(6):
            row, column = rng.integers(5, SIDE - 15, 2)
            down = int(rng.integers(0, 2))
            for k in range(int(rng.integers(2, 9))):
                field[row + k * down, column + k * (1 - down)] += rng.integers(200, 2000)
    return y


def streaks(light: Floats, rng: Draw) -> Floats:
    y = ideal(light, rng)
    for field in y[:, 0]:
        field[:, rng.integers(0, SIDE, 2)] += 100
    return y


CAMERAS: tuple[Callable[[Floats, Draw], Floats], ...] = (
    uneven_pixels_and_vignetting,
    dead_columns,
    hot_rows,
    missing_codes,
    two_gains,
    columns_of_their_own_gain,
    interlaced,
    lossy_pictures,
    dithered,
    flicker_bands,
    row_noise,
    lamp,
    sharpened,
    more_read_noise,
    tracks,
    streaks,
)


def main(names: list[str]) -> None:
    for scene in (flat, texture):
        right = 0.0
        for camera in (ideal, *(one for one in CAMERAS if not names or one.__name__ in names)):
            rng = np.random.default_rng(1)
            frames = np.clip(camera(scene(rng), rng), 0, 65535).astype(np.uint16)
            found = estimate_information(frames, CAMERA, None, 8)
            if camera is ideal:
                right = found.bits_per_pixel
            more = found.bits_per_pixel - right
            barred = ", ".join(making_wrong(found.flags))
            says = barred or ("silent" if more > SILENT else "")
            print(f"{scene.__name__:8} {camera.__name__:30} {more:+.3f}  {says}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
