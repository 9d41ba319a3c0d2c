from __future__ import annotations

import numpy as np
import torch

from sim.numerics.mosaic import mosaic, moved


def test_a_smooth_image_is_moved_by_a_fraction_of_a_sample() -> None:
    x = np.arange(32) * 2 * np.pi / 32
    images = np.broadcast_to(np.sin(x).astype(np.float32), (2, 3, 32, 32))
    shifts = torch.tensor([[0.0, 0.5], [0.25, 0.0]], dtype=torch.float64)
    found = moved(np.ascontiguousarray(images), shifts)
    assert np.allclose(found[0, 1, 3], np.sin(x + np.pi / 32), atol=1e-5)
    assert np.allclose(found[1], images[1], atol=1e-5)


def test_each_field_lies_at_its_place_and_goes_on_mirrored() -> None:
    rng = np.random.default_rng(0)
    images = rng.random((2, 1, 12, 12)).astype(np.float32)
    inside = (slice(2, 10), slice(2, 10))
    plane = mosaic(images, np.array([[1, 3], [20, 14]]), inside, (32, 30))
    assert plane.shape == (1, 32, 30)
    for image, (top, left) in zip(images, [(1, 3), (20, 14)], strict=True):
        assert np.array_equal(plane[0, top : top + 8, left : left + 8], image[0, 2:10, 2:10])
        assert np.array_equal(plane[0, top + 8 : top + 10, left], image[0, 10:12, 2])
    assert np.array_equal(plane[0, 11, 3:11], images[0, 0, 7, 2:10])
