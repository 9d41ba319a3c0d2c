"""Frames as they come, made even: bad pixels take their neighbour's value."""

from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.stream.flatten import Flattener
from hil.noise import GaussianMapNoise, GaussianNoise


class Holed(GaussianMapNoise):
    """Noise that knows pixels that must not be used."""

    def __init__(self, usable: np.ndarray) -> None:
        super().__init__(np.full(usable.shape, 2.0))
        self.usable = usable


def test_noise_without_bad_pixels_is_divided_out() -> None:
    frames = np.random.default_rng(0).normal(0, 2, (3, 12, 12))
    flat, noise = Flattener(GaussianMapNoise(np.full((12, 12), 2.0)))(frames)
    assert flat == pytest.approx(frames / 2)
    assert isinstance(noise, GaussianNoise)
    assert noise.sigma_adu == 1


def test_a_bad_pixel_takes_the_value_of_one_beside_it() -> None:
    usable = np.ones((12, 12), bool)
    usable[5, 5] = False
    frames = np.arange(144.0).reshape(1, 12, 12)
    frames[0, 5, 5] = 1e6
    flat, _ = Flattener(Holed(usable))(frames)
    beside = [frames[0, i, j] / 2 for i, j in ((4, 5), (6, 5), (5, 4), (5, 6))]
    assert flat[0, 5, 5] in beside
    assert flat[0][usable] == pytest.approx(frames[0][usable] / 2)


def test_more_than_a_hundredth_is_refused() -> None:
    usable = np.ones((12, 12), bool)
    usable[0, :2] = False
    with pytest.raises(InputError, match="usable"):
        Flattener(Holed(usable))
