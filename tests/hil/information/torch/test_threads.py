"""Torch says its own number of threads."""

from __future__ import annotations

import torch

from hil.information.torch.threads import torch_threads


def test_it_is_torchs() -> None:
    assert torch_threads() == torch.get_num_threads() >= 1
