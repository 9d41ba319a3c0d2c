"""Far scenes, from a few beads to a picture that fills every direction.

A scene is a float32 array (side, side) of radiance, non-negative, periodic, `PITCH_RAD` apart.

``beads``    points, `density` of them on 1000 mrad^2, of log-normal brightness 1 on average; a bead
             brings the light of 1000 mrad^2 / 30 at radiance 1, so that more beads are more light
``natural``  photographs that come with scikit-image (NASA and CC0; see its data/README), mirrored
             at their edges, radiance 1 on average
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.parts.pieces import cut_square
from sim.parts.scene_files import load_numbers

Scene = NDArray[np.float32]

SCENES = ("beads", "natural")
SIDE = 2048
PITCH_RAD = 0.6e-3
_BEAD_MRAD2 = 1000 / 30


def make_scene(name: str, density: float, rng: np.random.Generator) -> Scene:
    """Make the scene of that name, (`SIDE`, `SIDE`).

    Parameters
    ----------
    name
        One of `SCENES`.
    density
        Of ``beads``, on 1000 mrad^2.
    rng
        The only source of chance.
    """
    return beads(density, rng) if name == "beads" else natural(rng)


def beads(density: float, rng: np.random.Generator) -> Scene:
    """Points of light."""
    pitch_mrad = 1e3 * PITCH_RAD
    count = int(rng.poisson(density * (SIDE * pitch_mrad) ** 2 / 1000))
    scene = np.zeros(SIDE * SIDE, np.float32)
    where = rng.integers(0, scene.size, count)
    light = rng.lognormal(-0.125, 0.5, count) * _BEAD_MRAD2 / pitch_mrad**2
    np.add.at(scene, where, light.astype(np.float32))
    return scene.reshape(SIDE, SIDE)


def natural(rng: np.random.Generator) -> Scene:
    """Photographs side by side, each turned and mirrored by chance."""
    from skimage import color, data  # slow to import

    colour = (data.astronaut(), data.coffee(), data.chelsea())  # type: ignore[no-untyped-call]
    pictures = [color.rgb2gray(picture) for picture in colour]
    pictures.append(data.camera() / 255.0)  # type: ignore[no-untyped-call]
    tile = SIDE // 4
    scene = np.empty((SIDE, SIDE), np.float32)
    for row in range(4):
        for column in range(4):
            picture = pictures[int(rng.integers(len(pictures)))]
            piece = cut_square(picture, tile, rng)
            scene[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile] = piece
    return np.asarray(scene / scene.mean(), np.float32)


def load_scene(path: Path) -> Scene:
    """Read radiance from a .npy file: square, at least 256 a side, finite, nowhere negative.

    Raises
    ------
    ValueError
        If the array is not such a scene.
    OSError
        If the file cannot be read.
    """
    scene = load_numbers(path)
    if scene.ndim != 2 or scene.shape[0] != scene.shape[1]:
        raise ValueError(f"a scene is a square of real numbers, not {scene.shape}")
    if scene.shape[0] < 256 or scene.min() < 0 or scene.max() == 0:
        raise ValueError("a scene has 256 samples a side, is nowhere negative, not all zero")
    result: Scene = scene.astype(np.float32)
    return result
