"""k-means: separated clusters are found, with the variance about them."""

from __future__ import annotations

import pytest
import torch

from hil.information.densities.neural.clusters import cluster


def test_separated_clusters_are_found() -> None:
    draw = torch.Generator().manual_seed(0)
    truth = 20 * torch.randn(5, 9, generator=draw)
    x = truth[torch.arange(1000) % 5] + 0.5 * torch.randn(1000, 9, generator=draw)
    centres, variance = cluster(x, 5, draw)
    nearest = torch.cdist(truth, centres).min(dim=1)
    assert sorted(nearest.indices.tolist()) == [0, 1, 2, 3, 4]
    assert float(nearest.values.max()) < 0.3
    assert variance == pytest.approx(0.25, rel=0.05)


def test_fewer_patches_than_centres_do_no_harm() -> None:
    centres, variance = cluster(torch.zeros(3, 4), 8, torch.Generator().manual_seed(0))
    assert centres.shape == (8, 4)
    assert torch.isfinite(centres).all() and variance > 0


def test_the_seed_decides() -> None:
    x = torch.randn(200, 4, generator=torch.Generator().manual_seed(1))
    first, again = (cluster(x, 6, torch.Generator().manual_seed(2))[0] for _ in range(2))
    assert torch.equal(first, again)
