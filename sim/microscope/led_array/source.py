"""Which directions the sample is lit from, and how much light they bring.

u_s      : direction of source point s, sine of its angle along y and x (numerical aperture)
N        : number of points, even, of equal weight
lo, hi   : the smaller and the larger of the inner and the outer NA
widest   : NA of the whole array

brightfield   the disc of radius outer NA
annular       the ring between lo and hi
half-plane    the right half (x > 0) of that ring
darkfield     that ring, where it lies outside the objective's NA; dark where nothing of it does

LEDs lie evenly over the array and are equally bright, so the light is that of the whole array times
the lit share of the disc of radius `widest`: fewer LEDs make a more coherent, and a darker, image.

The points fill the lit region evenly: |u|^2 = lo^2 + (hi^2 - lo^2) (k + 1/2) / n, at angles k times
the golden ratio of the half turn, n = N for the half-plane. Full patterns have n = N / 2 of these
and their opposites: what a symmetric source cancels cancels exactly. They move smoothly with both
NAs, so gradients flow through them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import torch

_GOLDEN = (sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Lit:
    """The LEDs that are on: a ring, or its right half.

    Parameters
    ----------
    lo, hi
        0-d, numerical apertures.
    half
        Only where x > 0.
    """

    lo: torch.Tensor
    hi: torch.Tensor
    half: bool

    @classmethod
    def of(
        cls, pattern: str, inner_na: torch.Tensor, outer_na: torch.Tensor, objective_na: float
    ) -> Lit:
        """Choose them by one of `settings.PATTERNS`; 0-d NAs in any order."""
        lo, hi = torch.minimum(inner_na, outer_na), torch.maximum(inner_na, outer_na)
        if pattern == "brightfield":
            lo, hi = torch.zeros_like(outer_na), outer_na
        elif pattern == "darkfield":
            lo, hi = lo.clamp(min=objective_na), hi.clamp(min=objective_na)
        return cls(lo, hi, pattern == "half-plane")

    def share(self, widest_na: float) -> torch.Tensor:
        """Part of the array's light."""
        whole = (self.hi**2 - self.lo**2) / widest_na**2
        return whole / 2 if self.half else whole

    def points(self, n: int) -> torch.Tensor:
        """Directions from which light comes, (n, 2) y and x; n even."""
        count = n if self.half else n // 2
        k = torch.arange(count, dtype=self.hi.dtype)
        # the tiny number keeps the root's slope finite where both NAs are 0
        radius = torch.sqrt(self.lo**2 + (self.hi**2 - self.lo**2) * (k + 0.5) / count + 1e-24)
        angle = pi * torch.remainder(_GOLDEN * (k + 0.5), 1.0) - pi / 2
        points = radius[:, None] * torch.stack([torch.sin(angle), torch.cos(angle)], dim=1)
        return points if self.half else torch.cat([points, -points])
