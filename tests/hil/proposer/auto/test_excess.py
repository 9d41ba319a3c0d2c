"""What clips or not is known only to begin between two trials."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from drivers.types import Floats
from hil.proposer.auto.acquisition import Belief
from hil.proposer.auto.excess import told
from hil.proposer.auto.observations import Observations

CASES = [
    ("a bound that is crossed in the middle", [-0.2, -0.1, 0.1, 0.2]),
    ("a share of clipped pixels: flat where nothing clips", [-0.001, -0.001, -0.001, 0.33]),
    ("a number of flags: 0 is allowed", [0.0, 0.0, 2.0]),
    ("nothing is allowed yet", [0.5, 0.1]),
]


@pytest.mark.parametrize(("name", "excess"), CASES)
def test_the_bound_stays_where_it_is(name: str, excess: list[float]) -> None:
    own = np.array(excess)
    assert np.array_equal(told(own) > 0, own > 0), name
    assert np.all(np.diff(told(np.sort(own))) >= 0), name
    assert np.all(np.abs(told(own)) > 0.1), "nothing lies at the bound that was not there"


@pytest.mark.parametrize(("fine", "clips"), [(-0.001, 0.33), (-0.2, 0.001), (0.0, 3.0)])
def test_one_trial_that_clips_forbids_its_own_side_only(fine: float, clips: float) -> None:
    """Where light is allowed up to 0.4 of its range, and clips at 1, 0.5 is worth a trial."""
    light = np.array([0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 1.0])
    points = np.column_stack([light, np.tile([0.3, 0.6], 4)[:7]])
    excess = np.where(light < 0.9, fine, clips)
    chance = np.exp(chances(points, excess, np.array([[0.2, 0.5], [0.5, 0.5], [0.98, 0.5]])))
    assert chance[0] > 0.9
    assert chance[1] > 0.5
    assert chance[2] < 0.3


def chances(points: Floats, excess: Floats, at: Floats) -> Floats:
    n = len(points)
    seen = Observations(
        points,
        (1 + points[:, :1]),
        np.full(n, np.nan),
        np.zeros((n, 0)),
        excess[:, None],
        np.zeros((0, points.shape[1])),
    )
    with torch.no_grad():
        return np.asarray(Belief(seen).log_feasible(torch.as_tensor(at)).numpy())
