"""Settings as numbers that gradients flow through."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeAlias

import torch

Numbers: TypeAlias = Mapping[str, float | int | str | torch.Tensor]
"""Settings by canonical name; any number may be a 0-d tensor with a gradient."""


def number(settings: Numbers, name: str) -> torch.Tensor:
    """Take a setting as a 0-d float64 tensor."""
    value = settings[name]
    assert not isinstance(value, str)
    return torch.as_tensor(value, dtype=torch.float64)


def wants_gradient(*tensors: torch.Tensor) -> bool:
    """Whether a gradient is asked for by any of them."""
    return torch.is_grad_enabled() and any(one.requires_grad for one in tensors)


def key_of(*tensors: torch.Tensor) -> Hashable:
    """Make a key by which two lots of small tensors are equal."""
    return tuple(tuple(one.detach().flatten().tolist()) for one in tensors)
