"""A classifier that starts at the classes' shares."""

from __future__ import annotations

import pytest
import torch

from hil.information.densities.neural.classifier import Classifier


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("p", [3, 8])
def test_before_it_has_learnt_it_says_the_shares(p: int, channels: int) -> None:
    share = torch.tensor([0.7, 0.2, 0.1])
    draw = torch.Generator().manual_seed(0)
    classifier = Classifier(p, channels, share, draw)
    with torch.no_grad():
        found = classifier(torch.randn(5, p * p * channels, generator=draw)).exp()
    assert found.sum(dim=1).tolist() == pytest.approx([1.0] * 5)
    assert found[2].tolist() == pytest.approx(share.tolist(), abs=1e-5)
