"""How many threads torch computes with."""

from __future__ import annotations

import torch


def torch_threads() -> int:
    """Give the number of threads of one operation."""
    return torch.get_num_threads()
