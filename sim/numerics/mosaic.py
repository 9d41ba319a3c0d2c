"""Fields of view laid into one plane, each at its place; between them they go on, mirrored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sim.numerics.periodic import shift_phases


def moved(images: NDArray[np.float32], shifts: torch.Tensor) -> NDArray[np.float32]:
    """Move images (fields, ..., height, width) up and left, each by its own fraction of a sample.

    Parameters
    ----------
    shifts
        (fields, 2) float64, rows and columns.
    """
    grid = (images.shape[-2], images.shape[-1])
    spectrum = torch.fft.rfft2(torch.from_numpy(images))
    between = (1,) * (spectrum.ndim - 3)
    for phases in shift_phases(grid, shifts, spectrum.dtype):
        spectrum = spectrum * phases.view(len(phases), *between, *phases.shape[1:])
    found: NDArray[np.float32] = torch.fft.irfft2(spectrum, s=grid).numpy()
    return found


def mosaic(
    images: NDArray[np.float32],
    corners: NDArray[np.int64],
    inside: tuple[slice, slice],
    side: tuple[int, int],
) -> NDArray[np.float32]:
    """Lay images into a plane.

    Parameters
    ----------
    images
        (fields, ..., height, width), with a margin around what was seen.
    corners
        (fields, 2) row and column of the plane at which what was seen begins.
    inside
        What was seen, in the images.
    side
        Of the plane.

    Returns
    -------
    ndarray
        (..., *side). Within the margin of the nearest field its image holds, else its mirror image.
    """
    shape = tuple(one.stop - one.start for one in inside)
    margin = min(inside[0].start, inside[1].start)
    which, distance = _nearest(side, corners, shape)
    plane = np.empty((*images.shape[1:-2], *side), np.float32)
    for number, (top, left) in enumerate(corners.tolist()):
        seen = images[number][..., inside[0], inside[1]]
        rows = _mirrored(np.arange(side[0]) - top, shape[0])
        columns = _mirrored(np.arange(side[1]) - left, shape[1])
        mine = which == number
        plane[..., mine] = seen[..., rows[:, None], columns[None, :]][..., mine]
        window = (
            slice(max(0, top - margin), min(side[0], top + shape[0] + margin)),
            slice(max(0, left - margin), min(side[1], left + shape[1] + margin)),
        )
        own = tuple(
            slice(part.start - at + first.start, part.stop - at + first.start)
            for part, at, first in zip(window, (top, left), inside, strict=True)
        )
        near = mine[window] & (distance[window] <= margin)
        there = plane[..., window[0], window[1]]
        there[..., near] = images[number][..., own[0], own[1]][..., near]
    return plane


def _mirrored(places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    inside = np.mod(places, 2 * size)
    found: NDArray[np.int64] = np.minimum(inside, 2 * size - 1 - inside)
    return found


def _nearest(
    side: Sequence[int], corners: NDArray[np.int64], shape: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell for each sample the nearest field, and how far outside of it the sample lies."""
    best = np.full(side, np.iinfo(np.int64).max)
    which = np.zeros(side, np.int64)
    for number, corner in enumerate(corners):
        down, across = (
            np.maximum(0, np.maximum(first - at, at - (first + size - 1)))
            for first, size, at in zip(corner, shape, map(np.arange, side), strict=True)
        )
        far = np.maximum(down[:, None], across[None, :])
        which[far < best] = number
        best = np.minimum(best, far)
    return which, best
