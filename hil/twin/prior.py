"""How rough scenes are: their spectrum, told by the frames themselves.

S depends on the length of the frequency alone, in rings. Each round puts into a ring the mean of
what the solved scenes have there and of what remains unknown (expectation maximisation).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hil.twin.scenes import Prior, TrialOptics, normal_matrix

_RING = 1.0  # width, in steps of the coarser axis' frequencies
_LEAST = 1e-6  # of the largest


def rings(grid: tuple[int, int]) -> torch.Tensor:
    """(height, width // 2 + 1) number of the ring of each frequency; 0 holds frequency 0 alone."""
    fy = torch.fft.fftfreq(grid[0])[:, None]
    fx = torch.fft.rfftfreq(grid[1])[None, :]
    step = _RING / min(grid)
    return torch.ceil(torch.hypot(fy, fx) / step - 1e-6).long()


def first_prior(optics: TrialOptics, mean: torch.Tensor, variance: torch.Tensor) -> Prior:
    """Start as rough as scenes often are: the power falls with the frequency, to an even floor.

    Parameters
    ----------
    mean, variance
        (planes,) of the scenes.
    """
    ring = rings(optics.grid).clamp(min=1).to(torch.float32)
    shape = 1 / ring**2 + 0.02 * (4 / min(optics.grid))
    shape = shape / shape.mean()
    variance = variance.to(torch.float32)
    return Prior(_loose(variance[:, None, None] * shape[None], mean), mean)


def better_prior(
    prior: Prior,
    d: torch.Tensor,
    optics: TrialOptics,
    dense: Sequence[float],
    inside: tuple[slice, slice],
) -> Prior:
    """Do one round.

    Parameters
    ----------
    d
        The scenes less their mean.
    dense
        Mean weight of the pixels over a sample, each trial.
    inside
        Where the frames told of the scenes.
    """
    grid = optics.grid
    window = torch.zeros(grid)
    window[inside] = _hann(window[inside].shape)
    spectrum = torch.fft.rfft2(d * window)
    seen = (spectrum.real.square() + spectrum.imag.square()).mean(dim=0) / window.square().sum()
    normal = normal_matrix(optics.transfers, dense)
    told = torch.diagonal(normal, dim1=-2, dim2=-1).real.permute(2, 0, 1)
    left = 1 / (told + 1 / prior.variance)
    ring = rings(grid)
    count = torch.zeros(int(ring.max()) + 1).index_add_(0, ring.flatten(), torch.ones(ring.numel()))
    planes = []
    for one in seen + left:
        total = torch.zeros_like(count).index_add_(0, ring.flatten(), one.flatten())
        planes.append((total / count.clamp(min=1))[ring])
    return Prior(_loose(torch.stack(planes), prior.mean), prior.mean)


def _loose(variance: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """Leave the mean of a field free, and no ring without any power."""
    top = variance.amax(dim=(1, 2), keepdim=True)
    variance = torch.maximum(variance, _LEAST * top)
    variance[:, 0, 0] = variance.shape[1] ** 2 * (mean.to(torch.float32).square() + top[:, 0, 0])
    return variance


def _hann(shape: Sequence[int]) -> torch.Tensor:
    rows, columns = (torch.hann_window(size + 2, periodic=False)[1:-1] for size in shape)
    return rows[:, None] * columns[None, :]
