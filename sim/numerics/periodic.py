"""Periodic scenes on a grid: cut out, and moved by a fraction of a sample."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def cut(scene: torch.Tensor, top: int, left: int, height: int, width: int) -> torch.Tensor:
    """Cut a window out of a scene that goes on beyond its edges.

    Parameters
    ----------
    scene
        (..., rows, columns).
    top, left
        Where the window begins; any whole numbers.
    height, width
        Of the window; it may be larger than the scene.

    Returns
    -------
    Tensor
        (..., height, width); a view, where the window crosses no edge.
    """
    for axis, (first, count) in ((-2, (top, height)), (-1, (left, width))):
        size = scene.shape[axis]
        first %= size
        if first + count <= size:
            scene = scene.narrow(axis, first, count)
        else:
            places = (torch.arange(count, device=scene.device) + first) % size
            scene = scene.index_select(axis, places)
    return scene


def shift_phases(
    shape: Sequence[int], shifts: torch.Tensor, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fourier factors that move images up and left.

    Parameters
    ----------
    shape
        (height, width) of the images.
    shifts
        (B, 2) float64, rows and columns, in samples; gradients flow through them.
    dtype
        Of the factors, complex; their device is that of the shifts.

    Returns
    -------
    rows, columns
        (B, height, 1) and (B, 1, width // 2 + 1): multiply an `rfft2` by both.
    """
    fy = torch.fft.fftfreq(shape[0], dtype=torch.float64, device=shifts.device)
    fx = torch.fft.rfftfreq(shape[1], dtype=torch.float64, device=shifts.device)
    turns = 2j * torch.pi
    rows = torch.exp(turns * (shifts[:, 0, None] * fy)).to(dtype)
    columns = torch.exp(turns * (shifts[:, 1, None] * fx)).to(dtype)
    return rows[:, :, None], columns[:, None, :]
