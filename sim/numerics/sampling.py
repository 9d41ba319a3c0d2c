"""From samples of a blurred scene to pixels, and back: a linear map along each axis."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Sampling:
    """A map from (..., height, width) samples to (..., rows, columns) pixels.

    Parameters
    ----------
    rows, columns
        A slice, where each pixel takes one sample; else a matrix (pixels, samples).
    shape
        (height, width) of the samples.
    """

    rows: slice | torch.Tensor
    columns: slice | torch.Tensor
    shape: tuple[int, int]

    def sample(self, images: torch.Tensor) -> torch.Tensor:
        """Give the pixels."""
        images = _take(self.rows, images.transpose(-1, -2)).transpose(-1, -2)
        return _take(self.columns, images)

    def spread(self, pixels: torch.Tensor) -> torch.Tensor:
        """Apply the transposed map."""
        images = _put(self.rows, pixels.transpose(-1, -2), self.shape[0]).transpose(-1, -2)
        return _put(self.columns, images, self.shape[1])

    @property
    def density(self) -> float:
        """Pixels for each sample under them, each with the square of its weight."""
        return _density(self.rows) * _density(self.columns)


def _take(axis: slice | torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    if isinstance(axis, slice):
        return images[..., axis]
    return images @ axis.T.to(images.dtype)


def _put(axis: slice | torch.Tensor, pixels: torch.Tensor, size: int) -> torch.Tensor:
    if not isinstance(axis, slice):
        return pixels @ axis.to(pixels.dtype)
    whole = pixels.new_zeros(*pixels.shape[:-1], size)
    whole[..., axis] = pixels
    return whole


def _density(axis: slice | torch.Tensor) -> float:
    if isinstance(axis, slice):
        return 1 / (axis.step or 1)
    under = (axis != 0).any(dim=0)
    first, last = (int(place) for place in torch.nonzero(under).flatten()[[0, -1]])
    return float(axis.square().sum()) / (last - first + 1)


def blocks(count: int, each: int, first: int, step: int, size: int) -> torch.Tensor:
    """Make the matrix of binned pixels: (count // each, size), sums of `each` samples.

    Parameters
    ----------
    count
        Pixels before binning; what is left over is dropped.
    each
        How many are summed.
    first, step
        Sample of the first pixel, and from one to the next.
    size
        Samples.
    """
    matrix = torch.zeros(count // each, size)
    for pixel in range(count // each * each):
        matrix[pixel // each, first + pixel * step] = 1
    return matrix
