"""Layers that see the past alone."""

from __future__ import annotations

import pytest
import torch

from hil.information.densities.neural.layers import CausalConv, GatedLayer, gated

P = 6
DRAW = torch.Generator().manual_seed(0)


def seen_by(layer: torch.nn.Module, i: int, j: int) -> torch.Tensor:
    """(P, P) whether a pixel of the input moves the output at i, j."""
    x = torch.randn(1, 2, P, P, generator=DRAW, requires_grad=True)
    layer(x)[0, :, i, j].sum().backward()
    assert x.grad is not None
    return x.grad[0].abs().sum(dim=0) > 0


@pytest.mark.parametrize("strict", [True, False])
def test_a_row_sees_its_left_and_rows_see_those_above(strict: bool) -> None:
    last = 3 if strict else 4
    row = seen_by(CausalConv(2, 3, 2, strict=strict, row=True, draw=DRAW), 3, 3)
    expected = torch.zeros(P, P, dtype=torch.bool)
    expected[3, 1:last] = True
    assert torch.equal(row, expected)
    above = seen_by(CausalConv(2, 3, 2, strict=strict, row=False, draw=DRAW), 3, 3)
    expected = torch.zeros(P, P, dtype=torch.bool)
    expected[1:last, 1:6] = True
    assert torch.equal(above, expected)


def test_the_gate_is_tanh_times_sigmoid() -> None:
    pair = torch.randn(2, 6, 3, 3, generator=DRAW)
    a, b = pair.chunk(2, dim=1)
    assert torch.allclose(gated(pair), torch.tanh(a / 2) * torch.sigmoid(b), atol=1e-6)


def test_a_gated_layer_keeps_both_stacks_causal() -> None:
    layer = GatedLayer(2, DRAW)
    v = torch.randn(1, 2, P, P, generator=DRAW)
    h = torch.randn(1, 2, P, P, generator=DRAW)
    later = h.clone()
    later[:, :, 3, 4:] += 1
    later[:, :, 4:] += 1
    before, after = layer(v, h)[1], layer(v, later)[1]
    assert torch.equal(before[:, :, :3], after[:, :, :3])
    assert torch.equal(before[:, :, 3, :4], after[:, :, 3, :4])
    assert not torch.equal(before, after)
