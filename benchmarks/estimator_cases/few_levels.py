"""Scenes of three levels and four, of lines and of points one pixel wide, behind optics.

Where no map is found, predictions take what blur makes of it for information. Rows give what is
read; of levels less what is read of the sharp ones. Patches of 16, eight frames of 128 x 128, 250 e
to 3,500 e.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import ndtri

from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import estimate_information
from hil.noise import CameraNoise
from hil.records.estimate import making_wrong

DEFAULT_SEEDS = 3
CAMERA = CameraNoise(1.0, 100, 1.6)
SHAPE = (8, 1, 128, 128)
PATCH = 16
DARK_E, BRIGHT_E = 250.0, 3500.0
LEVELS = ((3, 6.0), (4, 6.0), (3, 3.0))  # and their grain, pixels
BLURS_PX = (0.7, 1.0, 1.5)
N_LINES, POINTS = 42, 0.02  # of a frame, and share of its pixels
FINE_BLURS_PX = (0.8, 1.2, 1.7)


def rows(n_seeds: int) -> Iterator[Row]:
    """Give readings."""
    for n, grain_px in LEVELS:
        scenes = [levels(n, grain_px, seed) for seed in range(n_seeds)]
        sharp = float(np.mean([_read(one, 0.0, seed)[0] for seed, one in enumerate(scenes)]))
        for blur_px in BLURS_PX:
            yield _row(f"{n} levels, grain of {grain_px:g} pixels", scenes, blur_px, sharp)
    for name, draw in (("lines of one pixel", lines), ("points of one pixel", points)):
        scenes = [draw(seed) for seed in range(n_seeds)]
        for blur_px in FINE_BLURS_PX:
            yield _row(name, scenes, blur_px, 0.0)


def levels(n: int, grain_px: float, seed: int) -> Floats:
    """Levels of a smooth field, as often as each other, 0 to 1."""
    white = np.random.default_rng(5 + seed).standard_normal(SHAPE)
    smooth = gaussian_filter(white, (0, 0, grain_px, grain_px), mode="wrap")
    level = np.digitize(smooth / smooth.std(), ndtri(np.arange(1, n) / n))
    return np.asarray(level / (n - 1), dtype=np.float64)


def lines(seed: int) -> Floats:
    """Straight lines of one pixel, 15 to 40 long, at any angle: 7 % of the frame."""
    rng, found = np.random.default_rng(5 + seed), np.zeros(SHAPE)
    for frame in found[:, 0]:
        for _ in range(N_LINES):
            angle, at = rng.uniform(0, math.pi), rng.uniform(0, frame.shape[0], 2)
            half = rng.uniform(15, 40) / 2
            along = np.arange(-half, half, 0.5)
            steps = np.outer((math.sin(angle), math.cos(angle)), along)
            row, column = np.rint(at[:, None] + steps).astype(np.intp) % frame.shape[0]
            frame[row, column] = 1
    return found


def points(seed: int) -> Floats:
    """Single pixels of one brightness, four times that of lines."""
    return 4.0 * (np.random.default_rng(5 + seed).random(SHAPE) < POINTS)


def _row(name: str, scenes: list[Floats], blur_px: float, sharp: float) -> Row:
    started = time.process_time()
    each = [_read(scene, blur_px, seed) for seed, scene in enumerate(scenes)]
    seconds = (time.process_time() - started) / len(scenes)
    bits = np.array([one for one, _ in each])
    barred = sum(bool(flags) for _, flags in each)
    note = f"reads {bits.mean():.3f}, sharp {sharp:.3f}; {barred} of {len(each)} barred"
    name = f"{name}, blurred by {blur_px:g}"
    return Row(name, float(bits.mean()) - sharp, float(bits.std()), seconds, note=note)


def _read(scene: Floats, blur_px: float, seed: int) -> tuple[float, tuple[str, ...]]:
    light_e = DARK_E + (BRIGHT_E - DARK_E) * scene
    if blur_px:
        light_e = gaussian_filter(light_e, (0, 0, blur_px, blur_px), mode="wrap")
    frames = CAMERA.sample(light_e, np.random.default_rng(1000 + seed))
    found = estimate_information(frames, CAMERA, "predictive", PATCH)
    return found.bits_per_pixel, making_wrong(found.flags)
