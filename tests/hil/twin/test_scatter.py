from __future__ import annotations

import torch

from hil.twin.scatter import by_block, spread


def test_blocks_add_up_to_the_whole_whatever_its_size() -> None:
    pixels = torch.randn(3, 70, 45, generator=torch.Generator().manual_seed(0))
    blocks = by_block(pixels)
    assert len(blocks) == 3 * 2 * 1
    assert torch.allclose(blocks.sum(), pixels.sum(dtype=torch.float64))


def test_the_spread_of_independent_blocks_is_the_variance_of_their_sum() -> None:
    rng = torch.Generator().manual_seed(1)
    blocks = torch.randn(2, 4000, generator=rng, dtype=torch.float64)
    found = spread(blocks)
    assert torch.allclose(found.diagonal() / 4000, torch.ones(2).double(), rtol=0.1)
    assert abs(float(found[0, 1])) / 4000 < 0.1
