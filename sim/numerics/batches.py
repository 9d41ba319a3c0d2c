"""Batches in groups, so that their memory is bounded."""

from __future__ import annotations

from collections.abc import Callable

import torch

GROUP_BYTES = 64e6
"""What a group of fields may take beside what comes out; a single field may take more."""


def by_groups(
    work: Callable[[torch.Tensor], torch.Tensor], places: torch.Tensor, bytes_each: float
) -> torch.Tensor:
    """Do the fields of a batch some at a time.

    Gradients need everything that led to them: where they are asked for, all groups stay.

    Parameters
    ----------
    work
        (b, ...) places to (b, ...) images.
    places
        (B, ...).
    bytes_each
        What `work` takes for each place; infinite for one at a time.

    Returns
    -------
    Tensor
        (B, ...).
    """
    size = max(1, int(GROUP_BYTES // bytes_each))
    groups = torch.split(places, size)
    first = work(groups[0])
    if len(groups) == 1:
        return first
    if first.requires_grad:
        return torch.cat([first, *(work(group) for group in groups[1:])])
    whole = first.new_empty(len(places), *first.shape[1:])  # no second copy of it at the end
    whole[:size] = first
    for number, group in enumerate(groups[1:], 1):
        whole[number * size : (number + 1) * size] = work(group)
    return whole
