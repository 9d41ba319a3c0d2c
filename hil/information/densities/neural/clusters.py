"""k-means, where the hidden units of `layers.RunningSum` start."""

from __future__ import annotations

import torch

Tensor = torch.Tensor

_ROUNDS = 8
_PATCHES = 20_000  # are enough to find centres


@torch.no_grad()
def cluster(x: Tensor, k: int, draw: torch.Generator) -> tuple[Tensor, float]:
    """Find centres of patches.

    Seeds are drawn with probability proportional to the squared distance from those already drawn
    (Arthur and Vassilvitskii 2007), then moved by Lloyd's rounds.

    Parameters
    ----------
    x
        (n, D) patches.
    k
        Number of centres; with fewer patches some are drawn twice.
    draw
        Source of the seeds.

    Returns
    -------
    centres (k, D), and the variance of a pixel about its centre.
    """
    x = x[:_PATCHES]
    centres = x[_seeds(x, k, draw)]
    for _ in range(_ROUNDS):
        _, nearest = _distances(x, centres).min(dim=1)
        ones = torch.nn.functional.one_hot(nearest, k).to(x.dtype)
        count = ones.sum(dim=0)
        centres = torch.where(count[:, None] > 0, ones.t() @ x / count[:, None].clamp(1), centres)
    squared, _ = _distances(x, centres).min(dim=1)
    # a centre takes one of its patches' degrees of freedom
    freedom = max(0.1, 1 - k / len(x)) * x.numel()
    return centres, max(float(squared.sum()) / freedom, 1e-3)


def _seeds(x: Tensor, k: int, draw: torch.Generator) -> Tensor:
    uniform = torch.rand(k, generator=draw).tolist()
    chosen = [min(int(uniform[0] * len(x)), len(x) - 1)]
    nearest = _distances(x, x[chosen])[:, 0]
    for u in uniform[1:]:
        cumulative = nearest.double().cumsum(0)
        place = int(torch.searchsorted(cumulative, u * float(cumulative[-1])))
        chosen.append(min(place, len(x) - 1))
        nearest = torch.minimum(nearest, _distances(x, x[chosen[-1:]])[:, 0])
    return torch.tensor(chosen, device=x.device)


def _distances(x: Tensor, centres: Tensor) -> Tensor:
    """(n, k) squared distances."""
    square = (x * x).sum(dim=1)[:, None] - 2 * x @ centres.t() + (centres * centres).sum(dim=1)
    return square.clamp(min=0)
