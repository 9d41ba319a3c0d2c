from __future__ import annotations

from typing import Any

import pytest
import torch

from hil.twin.blocks.covariance import BlockModel
from hil.twin.blocks.cut import cut_frames
from hil.twin.blocks.score import Solved
from tests.hil.twin.blocks.small_blocks import LOGS, ROUGHNESS, STRIDES, TRIALS, TRUTH, Blur, drawn

SCALES = torch.tensor([0.3], dtype=torch.float64)


@pytest.fixture(scope="module")
def model() -> BlockModel:
    optics: Any = Blur()
    return BlockModel(optics, TRIALS, cut_frames(drawn(12), 6), ROUGHNESS, STRIDES)


def test_the_score_is_the_slope_of_the_likelihood(model: BlockModel) -> None:
    at, step = torch.tensor([0.7], dtype=torch.float64), 1e-3
    score = Solved(model, at, LOGS).scored(SCALES).by_block.sum(dim=1)
    ahead, behind = (Solved(model, at + sign * step, LOGS).loss for sign in (1, -1))
    assert float(score[0]) == pytest.approx((ahead - behind) / (2 * step), rel=1e-3)
    knot = torch.zeros_like(LOGS)
    knot[3] = step
    ahead, behind = (Solved(model, at, LOGS + sign * knot).loss for sign in (1, -1))
    assert float(score[4]) == pytest.approx((ahead - behind) / (2 * step), rel=1e-3)


def test_at_the_truth_scores_vary_as_the_information_says(model: BlockModel) -> None:
    """Two ways to the same matrix, of which one is data alone."""
    scored = Solved(model, torch.tensor([TRUTH], dtype=torch.float64), LOGS).scored(SCALES)
    mean = scored.by_block.sum(dim=1) / scored.information.diagonal().sqrt()
    assert float(mean.abs().max()) < 4
    varies = (scored.by_block @ scored.by_block.T).diagonal() / scored.information.diagonal()
    # the level is the same all over a field: its blocks vary together
    assert all(0.6 < float(one) < 1.5 for one in varies[:-1])


def test_residuals_are_one_for_the_truth_and_more_for_another_model(model: BlockModel) -> None:
    def of(value: float) -> tuple[list[float], list[float]]:
        return Solved(model, torch.tensor([value], dtype=torch.float64), LOGS).residuals()

    ratios, outside = of(TRUTH)
    assert all(0.9 < one < 1.1 for one in ratios + outside)
    assert max(of(1.5)[1]) > 1.3


def test_a_covariance_that_is_none_is_said(model: BlockModel) -> None:
    with pytest.raises(ValueError, match="not positive"):
        Solved(model, torch.tensor([TRUTH], dtype=torch.float64), LOGS * torch.nan)
