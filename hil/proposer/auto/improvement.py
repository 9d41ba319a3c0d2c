"""The logarithm of the expected improvement, by what is known of each point alone.

u : (mean - best) / sd          h(u) : phi(u) + u Phi(u) , the gain in standard deviations

Below u = -1 the two terms cancel, and h is phi(u) (1 - |u| sqrt(pi/2) erfcx(|u| / sqrt 2)) (Ament
et al., NeurIPS 2023, equation 9); far below that is phi(u) / u^2. BoTorch's own class says the same
of a posterior that it makes anew for each point, which takes nearly twice as long.
"""

from __future__ import annotations

import math
from typing import Any

import torch

_CANCEL = -1.0
_FAR = -1e4  # where 1 / u^2 is right to eight digits
_LOG_ROOT_2_PI = 0.5 * math.log(2 * math.pi)
_LOG_ROOT_HALF_PI = 0.5 * math.log(math.pi / 2)


def log_expected_improvement(mean: Any, sd: Any, best: float) -> Any:
    """Give the logarithm of how much better than ``best`` is expected, of normal values."""
    u = (mean - best) / sd
    near, low = u.clamp_min(_CANCEL), u.clamp_max(_CANCEL)
    above = (torch.exp(-(near**2) / 2 - _LOG_ROOT_2_PI) + near * torch.special.ndtr(near)).log()
    at = low.clamp_min(_FAR)
    part = (torch.special.erfcx(-at / math.sqrt(2)) * -at).log() + _LOG_ROOT_HALF_PI
    below = -(low**2) / 2 - _LOG_ROOT_2_PI + (-torch.expm1(part)).log() - 2 * (low / at).log()
    return torch.where(u > _CANCEL, above, below) + sd.log()
