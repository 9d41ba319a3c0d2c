"""Sources of light for tests."""

from __future__ import annotations

import torch

from sim.microscope.led_array.source import Lit

NA = 0.4


def lit(pattern: str, inner_na: float, outer_na: float) -> Lit:
    numbers = (torch.tensor(value, dtype=torch.float64) for value in (inner_na, outer_na))
    return Lit.of(pattern, *numbers, NA)
