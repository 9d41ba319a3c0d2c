"""Land as seen in four bands: reflectance (4, side, side), periodic.

``landsat``  a Landsat 7 scene (see data/README), its pixels taken to lie half a pixel of this
             telescope apart: land looks much the same at either scale. Pieces of it are turned,
             mirrored and laid side by side, so that there is more land than one scene holds.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.parts.pieces import add_wrapped, seam, turned
from sim.parts.scene_files import load_numbers

Land = NDArray[np.float32]

SCENES = ("landsat",)
_TILE, _TILES = 256, 6
SIDE = _TILE * _TILES
_REFLECTANCE = 0.45 / 255  # of a digital number: bright sand and cloud are near 255
_SEAM = 24


def make_scene(rng: np.random.Generator) -> Land:
    """Lay pieces of the Landsat scene side by side."""
    with (files("sim.satellite") / "data" / "landsat7_olinda.npz").open("rb") as file:
        bands = np.load(file)["bands"][..., :4].astype(np.float32) * np.float32(_REFLECTANCE)
    size = _TILE + 2 * _SEAM
    ramp = seam(size, 2 * _SEAM).astype(np.float32)
    window = np.outer(ramp, ramp)[..., None]
    land = np.zeros((SIDE, SIDE, 4), np.float32)
    weight = np.zeros((SIDE, SIDE, 1), np.float32)
    for row in range(_TILES):
        for column in range(_TILES):
            top, left = (int(rng.integers(0, length - size + 1)) for length in bands.shape[:2])
            piece = turned(bands[top : top + size, left : left + size], rng)
            add_wrapped(land, piece * window, row * _TILE, column * _TILE)
            add_wrapped(weight, window, row * _TILE, column * _TILE)
    return np.ascontiguousarray((land / weight).transpose(2, 0, 1))


def load_scene(path: Path) -> Land:
    """Read reflectance from a .npy file: (4, side, side), 0 to 1, at the bands of Landsat.

    Raises
    ------
    ValueError
        If the array is not such a scene.
    OSError
        If the file cannot be read.
    """
    scene = load_numbers(path)
    if scene.ndim != 3 or scene.shape[0] != 4 or scene.shape[1] != scene.shape[2]:
        raise ValueError(f"a scene has shape (4, side, side), not {scene.shape}")
    if scene.shape[1] < 256:
        raise ValueError("a scene holds real numbers, 256 a side or more")
    if scene.min() < 0 or scene.max() > 1:
        raise ValueError("reflectance lies between 0 and 1")
    land: Land = scene.astype(np.float32)
    return land
