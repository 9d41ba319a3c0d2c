from __future__ import annotations

import pytest
import torch

from sim.numerics.sampling import Sampling, blocks

SAMPLINGS = {
    "one sample a pixel": Sampling(slice(3, 11), slice(2, 12), (16, 14)),
    "every second sample": Sampling(slice(2, 12, 2), slice(1, 13, 2), (16, 14)),
    "binned": Sampling(blocks(9, 2, 3, 1, 16), blocks(8, 4, 2, 1, 14), (16, 14)),
}


@pytest.mark.parametrize("sampling", SAMPLINGS.values(), ids=SAMPLINGS)
def test_spread_is_the_transposed_map(sampling: Sampling) -> None:
    rng = torch.Generator().manual_seed(0)
    images = torch.randn(3, *sampling.shape, generator=rng)
    pixels = sampling.sample(images)
    others = torch.randn(pixels.shape, generator=rng)
    one, other = (pixels * others).sum(), (images * sampling.spread(others)).sum()
    assert float(one) == pytest.approx(float(other), rel=1e-4)


def test_binned_pixels_are_sums_and_what_is_left_over_is_dropped() -> None:
    image = torch.arange(16.0 * 14).reshape(1, 16, 14)
    pixels = SAMPLINGS["binned"].sample(image)
    assert pixels.shape == (1, 4, 2)
    assert float(pixels[0, 0, 0]) == float(image[0, 3:5, 2:6].sum())


def test_density_counts_pixels_for_each_sample() -> None:
    assert SAMPLINGS["one sample a pixel"].density == 1
    assert SAMPLINGS["every second sample"].density == 0.25
    assert SAMPLINGS["binned"].density == pytest.approx(1.0)
