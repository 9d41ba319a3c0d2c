"""Cutting out of periodic scenes, and moving them by fractions of a sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sim.numerics.periodic import cut, shift_phases


@given(
    top=st.integers(-40, 40),
    left=st.integers(-40, 40),
    height=st.integers(1, 30),
    width=st.integers(1, 30),
)
def test_a_window_is_what_indexing_modulo_the_size_gives(
    top: int, left: int, height: int, width: int
) -> None:
    scene = torch.arange(2 * 12 * 9).view(2, 12, 9)
    rows = np.arange(top, top + height) % 12
    columns = np.arange(left, left + width) % 9
    expected = scene.numpy()[:, rows][:, :, columns]
    assert np.array_equal(cut(scene, top, left, height, width).numpy(), expected)


@pytest.mark.parametrize("shape", [(16, 16), (15, 21)], ids=str)
def test_phases_move_up_and_left_and_whole_samples_are_a_roll(shape: tuple[int, int]) -> None:
    images = torch.from_numpy(np.random.default_rng(0).random((2, *shape)))
    shifts = torch.tensor([[3.0, -2.0], [0.0, 5.0]], dtype=torch.float64)
    spectrum = torch.fft.rfft2(images)
    for phases in shift_phases(shape, shifts, spectrum.dtype):
        spectrum = spectrum * phases
    moved = torch.fft.irfft2(spectrum, s=shape)
    torch.testing.assert_close(moved[0], torch.roll(images[0], (-3, 2), (0, 1)))
    torch.testing.assert_close(moved[1], torch.roll(images[1], (0, -5), (0, 1)))
