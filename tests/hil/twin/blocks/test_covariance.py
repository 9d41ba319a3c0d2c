from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from hil.twin.blocks.covariance import BlockModel, grid_of
from hil.twin.blocks.cut import cut_frames
from tests.hil.twin.blocks.small_blocks import (
    LOGS,
    NOISE_E2,
    ROUGHNESS,
    STRIDES,
    TRIALS,
    Blur,
    drawn,
)

SIDE = 4
GRID = (64, 64)


@pytest.fixture(scope="module")
def model() -> BlockModel:
    optics: Any = Blur()
    return BlockModel(optics, TRIALS, cut_frames(drawn(1), SIDE), ROUGHNESS, STRIDES)


def test_it_is_that_of_the_pixels_written_out(model: BlockModel) -> None:
    values, optics = torch.tensor([1.2], dtype=torch.float64), Blur()
    root = ROUGHNESS.power(LOGS, GRID).sqrt()
    n = GRID[0] * GRID[1]
    seen = []
    for one in TRIALS:
        answer = optics.respond(values, one, GRID)
        # a pixel's row of the map is its point response: the map's transpose, laid at the pixel
        pixels = torch.zeros(SIDE * SIDE, GRID[0] // 2, GRID[1] // 2, dtype=torch.float64)
        for place in range(SIDE * SIDE):
            pixels[place, place // SIDE, place % SIDE] = 1
        spectrum = torch.fft.rfft2(answer.sampling.spread(pixels)) * answer.transfer.conj() * root
        seen.append(torch.fft.irfft2(spectrum, s=GRID).reshape(SIDE * SIDE, n))
    rows = torch.cat(seen)
    torch.testing.assert_close(model.covariance(model.at(values), LOGS), rows @ rows.T)
    assert float(model.at(values).noise[0]) == pytest.approx(NOISE_E2)
    whole = model.whole(model.at(values), LOGS).diagonal() - (rows @ rows.T).diagonal()
    torch.testing.assert_close(whole, torch.full_like(whole, NOISE_E2))


def test_its_derivatives_are_those_of_finite_differences(model: BlockModel) -> None:
    values, scales = torch.tensor([1.2], dtype=torch.float64), torch.tensor([0.3])
    covariances, evens = model.derivatives(values, LOGS, scales, model.at(values))
    step = 1e-4
    moved = [model.covariance(model.at(values + sign * step), LOGS) for sign in (1, -1)]
    torch.testing.assert_close(
        covariances[0], (moved[0] - moved[1]) / (2 * step), rtol=1e-3, atol=1e-4
    )
    knot = torch.zeros_like(LOGS)
    knot[2] = step
    moved = [model.covariance(model.at(values), LOGS + sign * knot) for sign in (1, -1)]
    torch.testing.assert_close(
        covariances[3], (moved[0] - moved[1]) / (2 * step), rtol=1e-5, atol=1e-6
    )
    assert not any(float(one.abs().sum()) for one in evens)


def test_level_offset_and_noise_come_after_the_rigs_unknowns() -> None:
    optics: Any = Blur()
    lit = [replace(one, floor=0.5, slope=0.1, e_per_adu=4.0) for one in drawn(1)]
    model = BlockModel(optics, TRIALS, cut_frames(lit, SIDE), ROUGHNESS, STRIDES)
    plain = model.at(torch.tensor([1.2], dtype=torch.float64))
    here = model.at(torch.tensor([1.2, 5.0, 0.25, 2.0], dtype=torch.float64))
    torch.testing.assert_close(here.mean_e, plain.mean_e + 5.0 + 0.25 * 4.0)
    shot = plain.noise - 0.5
    torch.testing.assert_close(here.noise, (2 * 2 * 0.5 + 2 * (shot - 0.1)).clamp(min=2.0))
    assert here.transfers.equal(plain.transfers)


def test_blocks_never_reach_round_the_grid() -> None:
    assert grid_of(10, (2, 2)) == (64, 64)
    assert grid_of(10, (4, 2)) == (128, 64)
    assert grid_of(16, (2, 14)) == (64, 512)
