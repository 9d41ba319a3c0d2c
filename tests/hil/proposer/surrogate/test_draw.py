from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.proposer.auto.process import Process
from hil.proposer.surrogate.draw import Draw, Hyperparameters

RNG = np.random.default_rng(0)
X = RNG.random((20, 2))
Z = -((X - 0.4) ** 2).sum(axis=1) * 4 + 0.02 * RNG.normal(size=20)


@pytest.fixture(scope="module", params=[False, True])
def process(request: pytest.FixtureRequest) -> Process:
    return Process(X, Z, np.ones(20), 2, rough=request.param)


def drawn(process: Process, seed: int) -> Draw:
    return Draw(process, process.theta, np.random.default_rng(seed))


def test_draws_have_mean_and_spread_of_the_posterior(process: Process) -> None:
    points = torch.as_tensor(np.random.default_rng(1).random((12, 2)))
    found = np.array([drawn(process, seed)(points).numpy() for seed in range(400)])
    mean, sd = (one.numpy() for one in process.marginals(points))
    assert np.abs(found.mean(axis=0) - mean).max() < 5 * sd.max() / np.sqrt(400)
    assert found.std(axis=0) == pytest.approx(sd, rel=0.25)


def test_draws_have_what_fields_of_view_have_of_their_own() -> None:
    shares = np.eye(2)[np.arange(20) % 2]
    slopes = shares @ np.array([0.5, -0.5]) * X[:, 0]
    process = Process(np.hstack([X, shares]), Z + slopes, np.ones(20), 2)
    rng = np.random.default_rng(1)
    points = torch.as_tensor(np.hstack([rng.random((12, 2)), rng.dirichlet(np.ones(2), size=12)]))
    found = np.array([drawn(process, seed)(points).numpy() for seed in range(400)])
    mean, sd = (one.numpy() for one in process.marginals(points))
    assert np.abs(found.mean(axis=0) - mean).max() < 5 * sd.max() / np.sqrt(400)
    assert found.std(axis=0) == pytest.approx(sd, rel=0.25)


def test_a_draw_is_one_function_and_the_seed_chooses_it(process: Process) -> None:
    points = torch.as_tensor(X[:5])
    one, other = drawn(process, 3), drawn(process, 4)
    assert torch.equal(one(points), one(points))
    assert torch.equal(one(points), drawn(process, 3)(points))
    assert not torch.allclose(one(points), other(points))


def test_hyperparameters_spread_about_their_best(process: Process) -> None:
    rng, told = np.random.default_rng(5), Hyperparameters(process)
    found = torch.stack([told.draw(rng) for _ in range(200)])
    off = (found.mean(dim=0) - process.theta).abs() / found.std(dim=0)
    assert float(off.max()) < 0.5
    assert bool((found.std(dim=0) <= process.prior_sd.max() * 1.3).all())
