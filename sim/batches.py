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
        What `work` takes for each place.

    Returns
    -------
    Tensor
        (B, ...).
    """
    size = max(1, int(GROUP_BYTES // bytes_each))
    parts = [work(some) for some in torch.split(places, size)]
    return parts[0] if len(parts) == 1 else torch.cat(parts)
