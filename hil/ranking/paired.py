"""Confidence sequences of a mean of paired differences: intervals that hold at any stopping time.

d_i   : difference of two settings in field of view i, the same scene for both
delta : their mean
s     : standard deviation of one difference
t     : number of differences so far

For normal d_i (sub-Gaussian with scale s), averaging the likelihood ratio over a normal prior of
delta gives a martingale that starts at 1 (Robbins, Ann. Math. Statist. 41, 1397, 1970), so that by
Ville's inequality, with probability 1 - alpha, at all t at once

    |mean(d) - delta| <= s sqrt((t r + 1) / (t^2 r) ln((t r + 1) / alpha^2))

(Howard, Ramdas, McAuliffe and Sekhon, Ann. Statist. 49, 1055, 2021, equation 14). r, the prior's
variance over s^2, says at which t the interval is the narrowest; it holds for every r.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_NARROWEST = 1.0  # r: a few fields at most are compared


def radius(t: int, sd: float, alpha: float) -> float:
    """Half-width of the interval after t differences; infinite before the first.

    Parameters
    ----------
    sd
        Standard deviation of one difference.
    alpha
        Probability that the interval misses at some t.
    """
    if t < 1:
        return math.inf
    inside = (t * _NARROWEST + 1) / (t * t * _NARROWEST)
    return sd * math.sqrt(inside * math.log((t * _NARROWEST + 1) / alpha**2))


@dataclass(frozen=True, slots=True)
class Paired:
    """A mean of paired differences, with its interval.

    Parameters
    ----------
    mean, half
        Half is half the interval's width, which holds at any stopping time.
    n
        Number of differences.
    """

    mean: float
    half: float
    n: int

    @property
    def loses(self) -> bool:
        """Whether the mean is surely below 0."""
        return self.mean + self.half < 0

    @property
    def wins(self) -> bool:
        """Whether the mean is surely above 0."""
        return self.mean - self.half > 0


def paired(differences: list[float], sd: float, alpha: float) -> Paired:
    """Sum up differences so far; see `radius`."""
    n = len(differences)
    mean = sum(differences) / n if n else 0.0
    return Paired(mean, radius(n, sd, alpha), n)
