"""Layers that see the past alone: rows above, and pixels to the left in the same row.

v : (n, F, p, p) features of the rows above;  h : (n, F, p, p) features of those and of the pixels
to the left. Two stacks leave no blind spot (van den Oord et al., Conditional Image Generation with
PixelCNN Decoders, NeurIPS 2016). Masking is by padding and shifting, so that no multiplications are
spent on zeros.

`RunningSum` sees all earlier pixels, each with weights of its own: hidden units that share one sum
over the past (Larochelle and Murray, NADE, AISTATS 2011). It is what convolutions cannot do: tell
which of several known scenes the patch shows.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor


def normal_parameter(shape: tuple[int, ...], sd: float, draw: torch.Generator) -> nn.Parameter:
    """Draw a parameter from N(0, sd^2)."""
    return nn.Parameter(torch.randn(shape, generator=draw) * sd)


def zero_parameter(*shape: int) -> nn.Parameter:
    """Make a parameter of zeros."""
    return nn.Parameter(torch.zeros(shape))


class CausalConv(nn.Module):
    """A convolution over rows above and, with ``left``, pixels to the left.

    Parameters
    ----------
    inputs, outputs
        Numbers of features.
    reach
        Rows (or pixels) back.
    strict
        Whether the pixel itself (or its row) is hidden.
    row
        True: along the row, to the left alone. False: the rows above, both sides.
    draw
        Source of the first weights.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        reach: int,
        *,
        strict: bool,
        row: bool,
        draw: torch.Generator,
    ) -> None:
        super().__init__()
        back = reach if strict else reach + 1
        shape = (1, back) if row else (back, 2 * reach + 1)
        sd = 1 / math.sqrt(inputs * shape[0] * shape[1])
        self.weight = normal_parameter((outputs, inputs, *shape), sd, draw)
        self.bias = zero_parameter(outputs)
        self._pad = (reach, 0, 0, 0) if row else (reach, reach, reach, 0)
        self._rows_off = int(strict and not row)
        self._columns_off = int(strict and row)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, p, p) to (n, outputs, p, p)."""
        height, width = x.shape[2:]
        seen = x[:, :, : height - self._rows_off, : width - self._columns_off]
        return functional.conv2d(functional.pad(seen, self._pad), self.weight, self.bias)


class GatedLayer(nn.Module):
    """One layer of both stacks: tanh(a/2) sigmoid(b), with the rows above told to the row.

    Parameters
    ----------
    features
        F.
    draw
        Source of the first weights.
    """

    def __init__(self, features: int, draw: torch.Generator) -> None:
        super().__init__()
        pair = 2 * features
        self.vertical = CausalConv(features, pair, 1, strict=False, row=False, draw=draw)
        self.horizontal = CausalConv(features, pair, 1, strict=False, row=True, draw=draw)
        self.down = normal_parameter((pair, pair, 1, 1), 1 / math.sqrt(pair), draw)
        self.out = normal_parameter((features, features, 1, 1), 1 / math.sqrt(features), draw)

    def forward(self, v: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Take (n, F, p, p) of both stacks to the next layer's."""
        above = self.vertical(v)
        row = self.horizontal(h) + functional.conv2d(above, self.down)
        return v + gated(above), h + functional.conv2d(gated(row), self.out)


def gated(pair: Tensor) -> Tensor:
    """Give tanh of one half of the features times the sigmoid of the other.

    As tanh(a/2) = 2 sigmoid(a) - 1: torch's sigmoid is eight times as fast as its tanh here.
    """
    a, b = torch.sigmoid(pair).chunk(2, dim=1)
    return (2 * a - 1) * b


class RunningSum(nn.Module):
    """Hidden units driven by the sum over all earlier pixels of weights (by place) times values.

    Parameters
    ----------
    inputs, units
        Values a pixel, hidden units.
    p
        Side of a patch, pixels.
    draw
        Source of the first weights.
    """

    before: Tensor

    def __init__(self, inputs: int, units: int, p: int, draw: torch.Generator) -> None:
        super().__init__()
        self.weight = normal_parameter((p * p, inputs, units), 0.1 / p, draw)
        self.bias = zero_parameter(p * p, units)
        self.register_buffer("before", torch.ones(p, p).tril(-1), persistent=False)
        self._p = p

    @torch.no_grad()
    def start_from(self, centres: Tensor, variance: float, every: int) -> None:
        """Let each unit measure the likeness of the past to one known patch.

        A unit's sum is then the log likelihood of its centre in white noise of ``variance``, and
        the softmax the posterior over centres.

        Parameters
        ----------
        centres
            (units, D) patches.
        variance
            What is left of the patches about their centres.
        every
            Values of one entry lie ``every`` inputs apart; the first of them is the patch's own.
        """
        units, p2 = centres.shape[0], self.weight.shape[0]
        by_place = centres.view(units, p2, -1).permute(1, 2, 0)
        self.weight[:, ::every] += by_place / variance
        energy = 0.5 / variance * by_place.square().sum(dim=1)
        self.bias.copy_(energy - energy.cumsum(dim=0))

    def forward(self, x: Tensor, extra: Tensor | None = None) -> Tensor:
        """(n, inputs, p, p), and (n, units) to add, to (p * p, n, units): softmax over units."""
        n, inputs, p = x.shape[0], x.shape[1], self._p
        by_place = x.reshape(n, inputs, p * p).permute(2, 0, 1)
        terms = torch.bmm(by_place, self.weight).view(p, p, -1)  # row, column, n * units
        # sums as products with triangular ones: as fast as cumsum, and deterministic on a GPU
        in_row = torch.matmul(self.before, terms)
        rows_above = torch.matmul(self.before, terms.sum(dim=1))
        past = (in_row + rows_above[:, None]).view(p * p, n, -1)
        past = past + self.bias[:, None]
        return torch.softmax(past if extra is None else past + extra, dim=2)
