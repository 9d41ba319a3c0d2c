"""Scenes: densities of fluorophores on a plane, larger than any field of view.

A scene is a float32 array (height, width), non-negative, mean 1, so that all of them bring the same
light; periodic, so that a crop may run over an edge. Its samples stand for points `pitch_um`
apart. Labels are discrete, as they are in a stained sample: what carries information at the finest
scales is where each of them sits.

``cells``   membranes of gland cells: the DAB channel of scikit-image's immunohistochemistry image
            (a section of colon; no known copyright restrictions), enlarged, turned, mirrored, tiled
``fibres``  thin filaments of a cytoskeleton: persistent random walks, labelled along their length
``blobs``   puncta and vesicles: points and Gaussian spots with log-normal brightness
``mixed``   the three together
``flat``    the same light everywhere
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.parts.pieces import add_wrapped, seam, turned
from sim.parts.scene_files import load_plane

Scene = NDArray[np.float32]
Shape = tuple[int, int]


def make_scene(name: str, shape: Shape, pitch_um: float, rng: np.random.Generator) -> Scene:
    """Make the scene of that name.

    Parameters
    ----------
    name
        A key of `SCENES`.
    shape
        (height, width) in samples.
    pitch_um
        Distance of samples.
    rng
        The only source of chance.

    Returns
    -------
    ndarray
        (height, width) float32, non-negative, mean 1.
    """
    return mean_one(SCENES[name](shape, pitch_um, rng))


def load_scene(path: Path) -> Scene:
    """Read a scene from a .npy file: two axes, finite, non-negative, not all zero.

    Raises
    ------
    ValueError
        If the array is not such a scene.
    OSError
        If the file cannot be read.
    """
    scene = load_plane(path)
    if scene.min() < 0 or scene.max() == 0:
        raise ValueError("a scene is finite, nowhere negative, and not all zero")
    return mean_one(scene)


def flat(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Scene:
    """Even light."""
    return np.ones(shape, np.float32)


def cells(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Scene:
    """Tissue with stained membranes, cells about 8 um across, 40 labels per um^2."""
    stain = _membrane_stain(samples_per_pixel=0.2 / pitch_um)
    tile = min(min(stain.shape) // 2, *shape)
    overlap = tile // 6  # neighbours blend over this width
    ramp = seam(tile, overlap)
    window = np.outer(ramp, ramp).astype(np.float32)
    density = np.zeros(shape, np.float32)
    weight = np.zeros(shape, np.float32)
    tops, lefts = (
        np.linspace(0, size, ceil(size / (tile - overlap)), endpoint=False).astype(np.int64)
        for size in shape
    )
    for top, left in product(tops.tolist(), lefts.tolist()):
        y, x = (int(rng.integers(0, size - tile + 1)) for size in stain.shape)
        patch = turned(stain[y : y + tile, x : x + tile], rng)
        add_wrapped(density, patch * window, top, left)
        add_wrapped(weight, window, top, left)
    density /= weight
    return _labelled(density, 40 * pitch_um**2, rng)


def fibres(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Scene:
    """Filaments 15 um long on average, bending over 10 um, 0.5 um of filament per um^2."""
    area_um2 = shape[0] * shape[1] * pitch_um**2
    step_um, mean_length_um, persistence_um, um_per_um2 = 0.05, 15.0, 10.0, 0.5
    count = max(1, round(area_um2 * um_per_um2 / mean_length_um))
    steps = int(3 * mean_length_um / step_um)
    turns = rng.standard_normal((count, steps), np.float32) * np.sqrt(2 * step_um / persistence_um)
    heading = np.cumsum(turns, axis=1) + rng.uniform(0, 2 * np.pi, (count, 1)).astype(np.float32)
    start = rng.uniform(0, 1, (2, count, 1)) * np.reshape(shape, (2, 1, 1))
    y = start[0] + np.cumsum(np.sin(heading), axis=1) * (step_um / pitch_um)
    x = start[1] + np.cumsum(np.cos(heading), axis=1) * (step_um / pitch_um)
    length = np.minimum(rng.exponential(mean_length_um, (count, 1)), 3 * mean_length_um)
    present = np.arange(steps) * step_um < length
    brightness = rng.gamma(1.0, 1.0, (count, steps)) * rng.lognormal(0.0, 0.4, (count, 1))
    return _points(shape, y[present], x[present], brightness[present])


def blobs(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Scene:
    """Spots of 0, 0.12 and 0.3 um standard deviation; 0.6, 0.15 and 0.02 of them per um^2."""
    from scipy import ndimage  # slow to import

    area_um2 = shape[0] * shape[1] * pitch_um**2
    scene = np.zeros(shape, np.float32)
    for sigma_um, per_um2, brightness in ((0.0, 0.6, 1.0), (0.12, 0.15, 2.0), (0.3, 0.02, 6.0)):
        count = int(rng.poisson(per_um2 * area_um2))
        y, x = (rng.uniform(0, size, count) for size in shape)
        spots = _points(shape, y, x, brightness * rng.lognormal(0.0, 0.6, count))
        scene += ndimage.gaussian_filter(spots, sigma_um / pitch_um, mode="wrap")
    return scene


def mixed(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Scene:
    """Cells, fibres and blobs, a third of the light each."""
    scene = np.zeros(shape, np.float32)
    for part in (cells, fibres, blobs):
        scene += mean_one(part(shape, pitch_um, rng))
    return scene


SCENES: dict[str, Callable[[Shape, float, np.random.Generator], Scene]] = {
    "mixed": mixed,
    "cells": cells,
    "fibres": fibres,
    "blobs": blobs,
    "flat": flat,
}


def mean_one(scene: Scene) -> Scene:
    """Divide a scene by its mean."""
    return scene / np.float32(scene.mean(dtype=np.float64))


def _membrane_stain(samples_per_pixel: float) -> Scene:
    """Brown stain of the section, enlarged; 0 where there is none."""
    from scipy import ndimage  # slow to import, as is skimage
    from skimage import color, data

    section = data.immunohistochemistry()  # type: ignore[no-untyped-call]  # in its wheel
    brown = color.rgb2hed(section)[..., 2]
    low, high = np.percentile(brown, (20, 99.5))
    stain = np.clip((brown - low) / (high - low), 0, 1).astype(np.float32)
    enlarged: Scene = ndimage.zoom(stain, samples_per_pixel, order=3)
    return np.maximum(enlarged, 0)


def _labelled(density: Scene, labels_per_sample: float, rng: np.random.Generator) -> Scene:
    """Discrete labels, `labels_per_sample` of them on average, where the density puts them."""
    return rng.poisson(mean_one(density) * labels_per_sample).astype(np.float32)


def _points(
    shape: Shape, y: NDArray[np.float64], x: NDArray[np.float64], weight: NDArray[np.float64]
) -> Scene:
    """Sum of weighted points, each shared between its four nearest samples; periodic."""
    row, column = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    down, right = y - row, x - column
    scene = np.zeros(shape[0] * shape[1])
    for dy, wy in ((0, 1 - down), (1, down)):
        for dx, wx in ((0, 1 - right), (1, right)):
            index = (row + dy) % shape[0] * shape[1] + (column + dx) % shape[1]
            scene += np.bincount(index, weight * wy * wx, minlength=scene.size)
    return scene.reshape(shape).astype(np.float32)
