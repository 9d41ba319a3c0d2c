"""Pieces laid over each other fill a periodic scene evenly and lose no light."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sim.parts.pieces import add_wrapped, cut_square, seam, turned


@pytest.mark.parametrize(("side", "width"), [(16, 4), (20, 10), (9, 3)])
def test_neighbours_that_overlap_by_the_seam_have_weights_that_add_to_one(
    side: int, width: int
) -> None:
    weights = seam(side, width)
    np.testing.assert_allclose(weights[-width:] + weights[:width], 1.0, atol=1e-12)
    np.testing.assert_array_equal(weights[width : side - width], 1.0)
    np.testing.assert_array_equal(weights, weights[::-1])


def test_tiles_a_seam_apart_cover_a_periodic_scene_evenly() -> None:
    window = np.outer(seam(12, 4), seam(12, 4))
    scene = np.zeros((24, 16))
    for top, left in product(range(0, 24, 8), range(0, 16, 8)):
        add_wrapped(scene, window, top, left)
    np.testing.assert_allclose(scene, 1.0, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 4), (7, 4), (12, 17)])
def test_what_hangs_over_an_edge_comes_in_on_the_other_side(shape: tuple[int, int]) -> None:
    scene, piece = np.zeros((5, 6)), np.arange(np.prod(shape), dtype=float).reshape(shape)
    add_wrapped(scene, piece, 3, 4)
    wanted = np.zeros((5, 6))
    for row, column in np.ndindex(shape):
        wanted[(3 + row) % 5, (4 + column) % 6] += piece[row, column]
    np.testing.assert_array_equal(scene, wanted)


def test_turning_reaches_all_eight_ways_to_lay_a_square() -> None:
    piece, rng = np.arange(9).reshape(3, 3), np.random.default_rng(1)
    ways = {turned(piece, rng).tobytes() for _ in range(200)}
    assert ways == {
        way.tobytes() for k in range(4) for way in (np.rot90(piece, k), np.rot90(piece, k).T)
    }


@pytest.mark.parametrize("shape", [(4, 9), (6, 6, 3)])
def test_a_square_goes_on_as_the_pictures_mirror_image(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(2).random(shape)
    square = cut_square(picture, 6, np.random.default_rng(3))
    assert square.shape[:2] == (6, 6)
    (turns,) = [
        k for k in range(4) if np.array_equal(np.rot90(square, -k)[:4, :6], picture[:4, :6])
    ]
    upright = np.rot90(square, -turns)
    if shape[0] == 4:
        np.testing.assert_array_equal(upright[4:], picture[3:1:-1, :6])
