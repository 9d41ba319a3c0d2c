"""A telescope for tests of its physics."""

from __future__ import annotations

import torch

WIDE = torch.float64
