"""Frames of several trials cut into blocks: the same ground in all trials, one vector a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hil.twin.data import TrialData

_LARGEST = 16
_PIXELS = 800
"""Of one block in all trials together: matrices are of that side."""


@dataclass(frozen=True, slots=True)
class CutFrames:
    """Blocks of a few trials.

    Parameters
    ----------
    y
        (blocks, trials, side * side) float64, electrons; blocks with a pixel that does not count
        are not among them.
    floor, shot
        (trials,) variance of the noise, the mean over all pixels: what is there in the dark, and
        what light brings. Scores weigh second moments alone, so that a noise that differs from
        block to block does not bias them.
    slope
        (trials,) how much of `shot` each electron brings.
    e_per_adu
        (trials,) of the camera.
    side
        Of a block, pixels.
    number
        Of each block among all: the same for any trials of the same frames and side.
    """

    y: torch.Tensor
    floor: torch.Tensor
    shot: torch.Tensor
    slope: torch.Tensor
    e_per_adu: torch.Tensor
    side: int
    number: torch.Tensor


def side_of(trials: int, shape: Sequence[int]) -> int:
    """Choose blocks that matrices can hold, and that a frame holds several of."""
    return max(4, min(_LARGEST, min(shape) // 3, int((_PIXELS / trials) ** 0.5)))


def cut_frames(data: Sequence[TrialData], side: int) -> CutFrames:
    """Cut; what is left over at the far edges is dropped."""
    usable = torch.stack([_tiles(one.usable, side).all(dim=1) for one in data]).all(dim=0)
    y = torch.stack([_tiles(one.y.double(), side) for one in data], dim=1)
    floor, slope, mean, e_per_adu = torch.tensor(
        [
            (
                one.floor / one.repeats,
                one.slope / one.repeats,
                float(one.y.clamp(min=0).mean()),
                one.e_per_adu,
            )
            for one in data
        ],
        dtype=torch.float64,
    ).T
    kept = torch.nonzero(usable).flatten()
    return CutFrames(y[kept], floor, slope * mean, slope, e_per_adu, side, kept)


def _tiles(pixels: torch.Tensor, side: int) -> torch.Tensor:
    """(fields, height, width) to (blocks, side * side)."""
    rows, columns = (size // side for size in pixels.shape[1:])
    whole = pixels[:, : rows * side, : columns * side]
    apart = whole.reshape(len(pixels), rows, side, columns, side).permute(0, 1, 3, 2, 4)
    return apart.reshape(-1, side * side)
