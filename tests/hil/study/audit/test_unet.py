from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.study.audit.unet import UNet, unet_losses
from hil.study.domain import Side, Task

LABEL, VALUE = Task("which", "label"), Task("how much", "value")


def _shown(n: int, seed: int, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Give images of a bar that lies or stands, anywhere, and which."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(2, size=n)
    images = rng.normal(size=(n, 1, 8, 8))
    for image, one in zip(images, kind, strict=True):
        place = rng.integers(8)
        (image[0] if one else image[0].T)[place] += strength
    return images.reshape(n, -1), kind


@pytest.mark.parametrize("shape", [(1, 8, 8), (4, 3, 3), (2, 5, 7)])
def test_images_of_any_shape_are_taken(shape: tuple[int, int, int]) -> None:
    assert UNet(shape, 3)(torch.zeros(2, *shape)).shape == (2, 3)


def test_what_lies_anywhere_is_told_and_what_is_not_there_costs_nothing() -> None:
    sides = [
        Side(*_shown(n, seed, 4.0), np.arange(n) + 1000 * seed, (1, 8, 8))
        for n, seed in ((300, 0), (100, 1))
    ]
    losses, epoch = unet_losses(LABEL, *sides, 0, 8)
    assert losses.shape == (100,) and losses.mean() < 0.3 and 1 <= epoch <= 8
    noise = [
        Side(
            np.random.default_rng(k).normal(size=side.rows.shape), side.truth, side.scene, (1, 8, 8)
        )
        for k, side in enumerate(sides)
    ]
    assert unet_losses(LABEL, *noise, 0, 1)[0].mean() == pytest.approx(1.0, abs=0.1)


def test_an_error_is_a_share_of_what_varies() -> None:
    def side(n: int, seed: int) -> Side:
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=(n, 2))
        rows = np.repeat(truth, 32, axis=1) + 0.1 * rng.normal(size=(n, 64))
        return Side(rows, 7 * truth, np.arange(n) + 1000 * seed, (1, 8, 8))

    losses, _ = unet_losses(VALUE, side(300, 0), side(100, 1), 0, 8)
    assert losses.shape == (100,) and 0 < losses.mean() < 0.2
    still = [side(n, seed) for n, seed in ((80, 0), (40, 1))]
    again = [unet_losses(VALUE, *still, 5, 2)[0] for _ in range(2)]
    assert np.array_equal(*again)
