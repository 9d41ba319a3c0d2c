"""How much the gradient of the likelihood varies from place to place.

Where model and noise are right it varies as the curvature says; scenes that are not Gaussian, and
weights that are not quite right, make it vary more. J_b, the gradient of one block of pixels, sums
to that of all; the sum of J_b J_b' stands for its covariance (P. J. Huber, Proc. Fifth Berkeley
Symp. 1, 221 (1967)).
"""

from __future__ import annotations

import torch

BLOCK_PX = 32
"""Far beyond the reach of the point spread function, few enough that there are tens of blocks."""


def by_block(pixels: torch.Tensor, block_px: int = BLOCK_PX) -> torch.Tensor:
    """Sum (fields, height, width) over blocks of about this side: (blocks,) float64."""
    height, width = pixels.shape[-2:]
    rows, columns = (max(1, round(size / block_px)) for size in (height, width))
    parts = [
        piece.sum(dim=(1, 2), dtype=torch.float64)
        for band in torch.tensor_split(pixels, rows, dim=1)
        for piece in torch.tensor_split(band, columns, dim=2)
    ]
    return torch.cat(parts)


def spread(blocks: torch.Tensor) -> torch.Tensor:
    """Covariance of the sum over blocks, from (unknowns, blocks)."""
    n = blocks.shape[1]
    off = blocks - blocks.mean(dim=1, keepdim=True)
    total: torch.Tensor = off @ off.T * (n / max(1, n - 1))
    return total
