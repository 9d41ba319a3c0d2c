from __future__ import annotations

import pytest
import torch

from hil.twin.blocks.suspects import suspicions
from sim.parts.unknown import Unknown

NUMBER = Unknown("number", "", 1.0, 0.1, 0.0, 2.0)


@pytest.mark.parametrize("off", [0.0, 0.3])
def test_a_number_that_is_off_is_found_beside_one_that_was_fitted(off: float) -> None:
    """Lines y = a x + e z of unit noise, e taken as 0 and a fitted; x and z go along in part."""
    rng = torch.Generator().manual_seed(4)
    x, rest, noise = torch.randn(3, 4000, generator=rng, dtype=torch.float64)
    z = 0.8 * x + 0.6 * rest
    y = 2 * x + off * z + noise
    residual = y - (x @ y) / (x @ x) * x
    slopes = torch.stack([x, z])
    (found,) = suspicions([NUMBER], -slopes * residual, slopes @ slopes.T)
    assert found.unknown is NUMBER
    assert found.sd == pytest.approx(1 / (0.6 * 4000**0.5), rel=0.1)
    assert float(found.moves[0]) == pytest.approx(-0.8, abs=0.05)
    assert abs(found.off - off) < 3 * found.sd


def test_blocks_that_vary_more_than_the_model_has_it_make_it_less_sure() -> None:
    rng = torch.Generator().manual_seed(5)
    x, noise = torch.randn(2, 4000, generator=rng, dtype=torch.float64)
    (found,) = suspicions([NUMBER], -(x * 3 * noise)[None], (x @ x)[None, None])
    assert found.sd == pytest.approx(3 / 4000**0.5, rel=0.1)


def test_what_moves_nothing_is_not_judged() -> None:
    still = torch.zeros(1, 10, dtype=torch.float64)
    assert suspicions([NUMBER], still, torch.zeros(1, 1, dtype=torch.float64)) == ()
