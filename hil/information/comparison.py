"""Two settings compared field by field, and intervals that may be looked at as often as one likes.

x_i : bits per pixel of field i, or the difference of two settings there, i = 1 .. n
t   : sqrt(n) (mean - mu) / s, Student's statistic for a mean mu
g   : variance of mu's prior in units of the fields' own variance

Fields are the same scenes in both settings, so that their differences vary less than the settings'
own numbers do.

An interval that is looked at after every field, until it is narrow enough, covers less than it
says. The confidence sequence holds at all n at once: it is all mu that the Bayes factor of a normal
prior against mu, free of scale by the right Haar prior on s, does not exceed 1/alpha

    (1 + n g)^(-1/2) [(1 + t^2/(n-1)) / (1 + t^2/((n-1)(1 + n g)))]^(n/2)

(Gonen et al., The American Statistician 2005, for the factor; Lai, Ann. Statist. 1976, and Wang and
Ramdas, arXiv 2310.03722, for its being a martingale in t, whatever s, so that Ville's inequality
holds).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from drivers.types import Floats
from hil.errors import InputError
from hil.information.interval import Interval, student_interval
from hil.information.sample.checks import check_share
from hil.records.estimate import Estimate

_TUNED_FOR = 16  # fields at which the sequence is about as narrow as it can be


@dataclass(frozen=True, slots=True)
class Difference:
    """What the first setting has over the second, bits per pixel.

    Parameters
    ----------
    bits_per_pixel
        Mean over fields of the differences.
    ci_low, ci_high
        Its interval.
    n_units
        Fields compared.
    flags
        Of either estimate.
    """

    bits_per_pixel: float
    ci_low: float
    ci_high: float
    n_units: int
    flags: tuple[str, ...]


def compare(
    first: Estimate, second: Estimate, confidence: float = 0.95, *, sequential: bool = False
) -> Difference:
    """Compare two settings that were measured on the same fields, in the same order.

    Parameters
    ----------
    first, second
        Of `estimate_information` or `OnlineEstimator`, by one estimator.
    sequential
        Whether the interval holds however often one looks, and if one stops because of it.

    Raises
    ------
    InputError
        Where they are not comparable.
    """
    check_share("confidence", confidence, 0.0, 1.0)
    if first.estimator != second.estimator:
        raise InputError(
            "second",
            "",
            f"is from {second.estimator!r}, not {first.estimator!r}: their slacks differ",
        )
    a, b = _per_field(first), _per_field(second)
    if a.size != b.size:
        raise InputError("second", "", f"has {b.size} fields, not {a.size}")
    if first.details.get("fields") != second.details.get("fields"):
        raise InputError("second", "", "is of other fields")
    if a.size < 2:
        raise InputError("first", "", "has 1 field; allowed: two or more")
    apart = a - b
    interval = (
        confidence_sequence(apart, confidence)
        if sequential
        else student_interval(apart, confidence, "student_t")
    )
    return Difference(
        float(apart.mean()),
        interval.low,
        interval.high,
        a.size,
        tuple(sorted({*first.flags, *second.flags})),
    )


def confidence_sequence(units: Floats, confidence: float, tuned_for: int = _TUNED_FOR) -> Interval:
    """Interval of the mean of independent ``units`` (n,), valid at every n at once.

    Parameters
    ----------
    tuned_for
        n at which it is to be narrow; chosen before the first look.

    Returns
    -------
    Interval
        Infinite for few units.
    """
    n = units.size
    centre = float(units.mean()) if n else 0.0
    half = math.inf
    if n >= 2:
        half = _widths(n, confidence, tuned_for) * float(units.std(ddof=1)) / math.sqrt(n)
    return Interval(centre - half, centre + half, "confidence_sequence")


@cache
def _widths(n: int, confidence: float, tuned_for: int) -> float:
    grid = np.geomspace(1e-3, 1e3, 241)
    best = min(grid, key=lambda g: _largest_t(tuned_for, float(g), confidence))
    return _largest_t(n, float(best), confidence)


def _largest_t(n: int, g: float, confidence: float) -> float:
    """Give the t at which the Bayes factor reaches 1/alpha."""
    grown = 1 + n * g
    ratio = (math.sqrt(grown) / (1 - confidence)) ** (2 / n)
    if ratio >= grown:
        return math.inf
    return math.sqrt((n - 1) * (ratio - 1) / (1 - ratio / grown))


def _per_field(estimate: Estimate) -> Floats:
    values = estimate.details.get("per_field_bits")
    if values is None:
        raise InputError("first", "", "has no values for single fields")
    return np.asarray(values, dtype=np.float64)
