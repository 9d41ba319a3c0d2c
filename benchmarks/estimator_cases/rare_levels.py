"""Scenes of two levels of which one is rare, behind optics: discs of one brightness, filaments.

What they hold is at most the entropy of their map. Where discs stand it is told by the number of
places that they may stand at, bits per pixel: H(n), n the share of pixels that a disc stands on;
optics bring news of what lies up to some pixels around a patch into it, so that a patch holds at
most that times (1 + 2 r / p)^2, r what discs and optics reach. Rows give by how much more than that
is read. Filaments have no such number, and are compared with the sharp ones. Patches of 16, eight
frames of 128 x 128, 250 e and 3,500 e.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import CameraNoise
from hil.records.estimate import making_wrong

DEFAULT_SEEDS = 3
CAMERA = CameraNoise(1.0, 100, 1.6)
SHAPE = (8, 1, 128, 128)
PATCH = 16
DARK_E, BRIGHT_E = 250.0, 3500.0
BLURS_PX = (0.0, 0.8, 1.3, 1.7, 2.0)
DISCS = ((0.06, 1.5), (0.15, 1.5), (0.15, 2.3))  # share of the frame, radius in pixels
REACHED = 2.0  # widths of the blur, that show


def rows(n_seeds: int) -> Iterator[Row]:
    """Give readings less what there is at most."""
    for share, radius_px in DISCS:
        scenes = [discs(share, radius_px, seed) for seed in range(n_seeds)]
        for blur_px in BLURS_PX:
            reach = math.floor(radius_px) + REACHED * blur_px
            at_most = scenes[0][1] * (1 + 2 * reach / PATCH) ** 2
            name = f"discs of radius {radius_px:g}, {share:.0%} of the frame, blurred by {blur_px}"
            yield _row(name, [scene for scene, _ in scenes], blur_px, at_most)
    lines = [filaments(0.08, seed) for seed in range(n_seeds)]
    sharp = float(np.mean([_read(scene, 0.0, 0)[0] for scene in lines]))
    for blur_px in BLURS_PX[1:]:
        yield _row(f"filaments, 8% of the frame, blurred by {blur_px}", lines, blur_px, sharp)


def discs(share: float, radius_px: float, seed: int) -> tuple[NDArray[np.bool_], float]:
    """Map of discs that stand anywhere, and its entropy at most, bits per pixel."""
    rng = np.random.default_rng(seed)
    reach = math.floor(radius_px)
    at = np.arange(-reach, reach + 1)
    disc = np.hypot(at[:, None], at) <= radius_px
    n = 1 - (1 - share) ** (1 / float(disc.sum()))
    centres = rng.random(SHAPE) < n
    found = np.zeros(SHAPE, dtype=np.bool_)
    for down, across in zip(*np.nonzero(disc), strict=True):
        found |= np.roll(centres, (down - reach, across - reach), axis=(2, 3))
    return found, -n * math.log2(n) - (1 - n) * math.log2(1 - n)


def filaments(share: float, seed: int) -> NDArray[np.bool_]:
    """Map of bent lines, two pixels wide and 40 long."""
    rng = np.random.default_rng(seed)
    n_frames, _, height, width = SHAPE
    n = round(share * height * width / 80)
    row, column = (rng.uniform(0, side, (n_frames, n)) for side in (height, width))
    angle = rng.uniform(0, 2 * math.pi, (n_frames, n))
    found = np.zeros(SHAPE, dtype=np.bool_)
    frame = np.arange(n_frames)[:, None]
    for _ in range(80):
        angle += 0.06 * rng.standard_normal(angle.shape)
        row += 0.5 * np.sin(angle)
        column += 0.5 * np.cos(angle)
        for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
            i = (np.floor(row).astype(np.intp) + down) % height
            j = (np.floor(column).astype(np.intp) + across) % width
            found[frame, 0, i, j] = True
    return found


def _row(name: str, maps: list[NDArray[np.bool_]], blur_px: float, at_most: float) -> Row:
    started = time.process_time()
    each = [_read(scene, blur_px, seed) for seed, scene in enumerate(maps)]
    seconds = (time.process_time() - started) / len(maps)
    bits = np.array([one for one, _ in each])
    barred = sum(bool(flags) for _, flags in each)
    note = f"reads {bits.mean():.3f}, at most {at_most:.3f}; {barred} of {len(each)} barred"
    return Row(name, float(bits.mean()) - at_most, float(bits.std()), seconds, note=note)


def _read(scene: NDArray[np.bool_], blur_px: float, seed: int) -> tuple[float, tuple[str, ...]]:
    light_e = np.where(scene, BRIGHT_E, DARK_E)
    if blur_px:
        light_e = gaussian_filter(light_e, (0, 0, blur_px, blur_px), mode="wrap")
    frames = CAMERA.sample(light_e, np.random.default_rng(1000 + seed))
    found = estimate_information(frames, CAMERA, "predictive", PATCH)
    return found.bits_per_pixel, making_wrong(found.flags)
