"""Large scenes out of small pictures: pieces cut out, turned by chance, and laid over each other.

Arrays have rows and columns as their first two axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def cut_square(picture: NDArray[Any], side: int, rng: np.random.Generator) -> NDArray[Any]:
    """Cut the first `side` rows and columns out, mirrored where the picture ends, and turn them."""
    pad = [(0, max(0, side - size)) for size in picture.shape[:2]]
    pad += [(0, 0)] * (picture.ndim - 2)
    square = np.pad(picture, pad, mode="symmetric")[:side, :side]
    return np.rot90(square, int(rng.integers(4)))


def turned(piece: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Turn a piece by right angles and mirror it, by chance."""
    piece = np.rot90(piece, int(rng.integers(4)))
    return piece.swapaxes(0, 1) if rng.integers(2) else piece


def seam(side: int, width: float) -> NDArray[np.float64]:
    """Weights, (side,), by which neighbours blend: 1 inside, falling to 0 over `width` at the ends.

    Two pieces that overlap by `width` have weights that add to 1: sin^2 of one is cos^2 of the
    other.
    """
    edge = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
    return np.asarray(np.sin(np.pi / 2 * np.clip(edge / width, 0, 1)) ** 2)


def add_wrapped(scene: NDArray[Any], piece: NDArray[Any], top: int, left: int) -> None:
    """Add a piece in place; what hangs over an edge comes in on the other side."""
    height, width = scene.shape[:2]
    rows = np.arange(top, top + piece.shape[0]) % height
    columns = np.arange(left, left + piece.shape[1]) % width
    if piece.shape[0] > height or piece.shape[1] > width:
        np.add.at(scene, np.ix_(rows, columns), piece)  # slower: indices come twice
    else:
        scene[np.ix_(rows, columns)] += piece
