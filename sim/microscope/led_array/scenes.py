"""Transparent scenes: how far each point of a thin sample holds light back.

A scene is a float32 array (height, width) of optical path differences, nm: thickness times the
difference of refractive indices between sample and medium. Periodic, its samples `pitch_um` apart.

``suspended``  round cells floating in saline: copies of the hologram ``cell`` of scikit-image
               (P. Mueller et al., Opt. Express 26, 10729 (2018); CC0), scaled, turned, mirrored, of
               325 nm at their thickest on average
``adherent``   flat cells with nucleus and granules, procedural
``beads``      spheres of silica in water, 0.4 to 3 um across
``mixed``      the three together
``flat``       nothing
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, pi
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.parts.pieces import add_wrapped, turned
from sim.parts.scene_files import load_plane

Opd = NDArray[np.float32]
Shape = tuple[int, int]

_CELL_PITCH_UM = 0.107  # scikit-image's description of ``cell``
_CELL_PEAK_NM = 325.0  # 13 um of a cell of index 1.360 in saline, 1.335
_SILICA = 0.115  # 1.45 in water, 1.335


def make_opd(name: str, shape: Shape, pitch_um: float, rng: np.random.Generator) -> Opd:
    """Make the scene of that name.

    Parameters
    ----------
    name
        A key of `PHASE_SCENES`.
    shape
        (height, width) in samples.
    pitch_um
        Distance of samples.
    rng
        The only source of chance.

    Returns
    -------
    ndarray
        (height, width) float32, nm.
    """
    return PHASE_SCENES[name](shape, pitch_um, rng)


def load_opd(path: Path) -> Opd:
    """Read path differences in nm from a .npy file: two axes, finite, of either sign.

    Raises
    ------
    ValueError
        If the array is not such a scene.
    OSError
        If the file cannot be read.
    """
    return load_plane(path)


def flat(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Opd:
    """Nothing."""
    return np.zeros(shape, np.float32)


def beads(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Opd:
    """Spheres of log-normal radius, one on 20 um^2."""
    scene = np.zeros(shape, np.float32)
    for _ in range(_how_many(shape, pitch_um, 0.05, rng)):
        radius_um = float(np.clip(0.5 * rng.lognormal(0, 0.5), 0.2, 1.5))
        _add(scene, rng, _sphere(radius_um, rng, pitch_um) * np.float32(1e3 * _SILICA))
    return scene


def suspended(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Opd:
    """Round cells, one on 600 um^2."""
    from scipy import ndimage  # slow to import

    scene = np.zeros(shape, np.float32)
    cell = _hologram()
    size = _CELL_PITCH_UM / pitch_um
    kinds = [ndimage.zoom(cell, size * scale, order=1) for scale in (0.75, 0.9, 1.0, 1.15)]
    for _ in range(_how_many(shape, pitch_um, 1 / 600, rng)):
        _add(scene, rng, _turned(kinds, rng) * np.float32(rng.lognormal(0, 0.2)))
    return scene


def adherent(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Opd:
    """Flat cells about 25 um across, one on 450 um^2."""
    scene = np.zeros(shape, np.float32)
    kinds = [_spread_cell(pitch_um, rng) for _ in range(12)]
    for _ in range(_how_many(shape, pitch_um, 1 / 450, rng)):
        _add(scene, rng, _turned(kinds, rng))
    return scene


def mixed(shape: Shape, pitch_um: float, rng: np.random.Generator) -> Opd:
    """Adherent and suspended cells, and beads."""
    return sum(
        (part(shape, pitch_um, rng) for part in (adherent, suspended, beads)),
        np.zeros(shape, np.float32),
    )


PHASE_SCENES: dict[str, Callable[[Shape, float, np.random.Generator], Opd]] = {
    "mixed": mixed,
    "adherent": adherent,
    "suspended": suspended,
    "beads": beads,
    "flat": flat,
}


def _how_many(shape: Shape, pitch_um: float, per_um2: float, rng: np.random.Generator) -> int:
    return int(rng.poisson(per_um2 * shape[0] * shape[1] * pitch_um**2))


def _turned(kinds: list[Opd], rng: np.random.Generator) -> Opd:
    """Take one of them, turned and mirrored by chance."""
    return turned(kinds[int(rng.integers(len(kinds)))], rng)


def _hologram() -> Opd:
    """Cut out the cell, nm; around it are the hologram's bands."""
    from skimage import data  # slow to import

    image = data.cell().astype(np.float32)  # type: ignore[no-untyped-call]  # in its wheel
    body = image[300:450, 354:504] - np.median(image)
    y, x = np.mgrid[:150, :150] - 74.5
    rim = np.clip((68 - np.hypot(y, x)) / 4, 0, 1)  # the cell ends 65 samples from its middle
    body = np.maximum(body, 0) * rim
    return np.asarray(body * (_CELL_PEAK_NM / np.percentile(body, 99)), np.float32)


def _sphere(radius_um: float, rng: np.random.Generator, pitch_um: float) -> Opd:
    """Thickness of a sphere, um, in the smallest square around it, its middle anywhere."""
    half = ceil(radius_um / pitch_um) + 1
    y_um, x_um = (
        (np.arange(-half, half + 1) + rng.uniform(-0.5, 0.5)) * pitch_um for _ in range(2)
    )
    under = radius_um**2 - y_um[:, None] ** 2 - x_um[None, :] ** 2
    return np.asarray(2 * np.sqrt(np.maximum(under, 0)), np.float32)


def _spread_cell(pitch_um: float, rng: np.random.Generator) -> Opd:
    """One flat cell: lamella, nucleus, granules, nm."""
    half = ceil(20.0 / pitch_um)
    y_um, x_um = np.mgrid[-half : half + 1, -half : half + 1] * pitch_um
    angle = np.arctan2(y_um, x_um)
    outline_um = np.full_like(angle, 11.0)
    for k in range(2, 7):
        outline_um += 2.5 / k * rng.standard_normal() * np.cos(k * angle + rng.uniform(0, 2 * pi))
    body = np.clip(1 - np.hypot(y_um, x_um) / np.maximum(outline_um, 3), 0, 1)
    cell = 140.0 * body**0.6
    offset = rng.uniform(-2, 2, 2)
    longer, turn = rng.uniform(1, 1.6), rng.uniform(0, pi)
    u = (y_um - offset[0]) * np.cos(turn) + (x_um - offset[1]) * np.sin(turn)
    v = (x_um - offset[1]) * np.cos(turn) - (y_um - offset[0]) * np.sin(turn)
    nucleus = np.clip(1 - (u / (3.5 * longer)) ** 2 - (v / 3.5) ** 2, 0, 1)
    cell += 90.0 * np.sqrt(nucleus)
    cell = np.asarray(cell, np.float32)
    where = np.argwhere((body > 0.15) & (nucleus == 0))
    for y, x in where[rng.integers(0, len(where), 60)]:
        granule = _sphere(float(rng.uniform(0.15, 0.5)), rng, pitch_um) * np.float32(60.0)
        reach = granule.shape[0] // 2
        y, x = (int(np.clip(place, reach, 2 * half - reach)) for place in (y, x))
        cell[y - reach : y + reach + 1, x - reach : x + reach + 1] += granule
    return cell


def _add(scene: Opd, rng: np.random.Generator, patch: Opd) -> None:
    """Add a patch anywhere, in place."""
    top, left = (int(rng.integers(0, size)) for size in scene.shape)
    add_wrapped(scene, patch, top, left)
