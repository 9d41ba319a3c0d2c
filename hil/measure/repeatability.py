"""What repeated measurements at the same settings say: scatter, drift, and how many fields to take.

b_mf : information in measurement m of field f, bits per pixel; M measurements, F fields
s    : standard deviation of the M means, sigma : what their intervals predict for it
v    : standard deviation of a field's paired difference between two measurements
n    : fields of view of a trial

Two trials at the same n fields are compared by a paired t test. Its power for a true difference x
is that of the noncentral t distribution with n - 1 degrees of freedom and noncentrality
x sqrt(n) / v (Cohen, Statistical Power Analysis, 1988, section 2.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hil.records.estimate import Estimate

DIFFERENCES_BITS = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002)
POWER = 0.8
MOST_FIELDS = 100_000
_FEWEST_FOR_STUDENT = 4
_SURE = 0.01


@dataclass(frozen=True, slots=True)
class Repeatability:
    """What M measurements at the same settings came to.

    Parameters
    ----------
    bits_per_pixel
        Mean of all.
    ci_low, ci_high
        Mean ends of their intervals.
    confidence
        Of the intervals.
    repeat_sd_bits, predicted_sd_bits
        s and sigma. Measurements of the same fields share their scene, which the interval counts as
        chance, so the first is the smaller one where nothing but noise is at work.
    drift_bits
        Change from the first to the last measurement by a straight line.
    drift_p
        Probability of so large a slope by chance.
    paired_sd_bits
        v.
    fields_needed
        Difference, bits per pixel, to the fields that tell it with the given confidence and a power
        of 80 %; None beyond 100,000.
    saturated_share
        Largest of all measurements.
    noise_variance_ratio
        Measured over predicted noise variance; None without repeats.
    flags
        Flag to the number of measurements that had it.
    per_measurement
        Value of each.
    """

    bits_per_pixel: float
    ci_low: float
    ci_high: float
    confidence: float
    repeat_sd_bits: float
    predicted_sd_bits: float
    drift_bits: float
    drift_p: float
    paired_sd_bits: float
    fields_needed: dict[float, int | None]
    saturated_share: float
    noise_variance_ratio: float | None
    flags: dict[str, int]
    per_measurement: tuple[float, ...]

    @property
    def drifts(self) -> bool:
        """Whether the measurements drift, beyond chance."""
        return self.drift_p < _SURE

    @property
    def scatters(self) -> bool:
        """Whether they scatter more than their intervals say, beyond chance (chi square)."""
        dof = len(self.per_measurement) - 1
        if not self.predicted_sd_bits > 0:
            return False
        excess = dof * (self.repeat_sd_bits / self.predicted_sd_bits) ** 2
        return bool(stats.chi2.sf(excess, dof) < _SURE)


def judge(estimates: Sequence[Estimate], confidence: float) -> Repeatability:
    """Judge measurements of the same fields at the same settings.

    Parameters
    ----------
    estimates
        At least 3, in the order in which they were made.
    confidence
        Of their intervals.
    """
    values = np.array([estimate.bits_per_pixel for estimate in estimates])
    fields = np.array([estimate.details["per_field_bits"] for estimate in estimates])
    low = np.array([estimate.ci_low for estimate in estimates])
    high = np.array([estimate.ci_high for estimate in estimates])
    half = float(np.mean(high - low) / 2)
    line = stats.linregress(np.arange(len(values)), values) if np.ptp(values) > 0 else None
    paired = _paired_sd(fields)
    ratios = [
        float(estimate.details["noise_variance_ratio"])
        for estimate in estimates
        if "noise_variance_ratio" in estimate.details
    ]
    return Repeatability(
        bits_per_pixel=float(values.mean()),
        ci_low=float(low.mean()),
        ci_high=float(high.mean()),
        confidence=confidence,
        repeat_sd_bits=float(values.std(ddof=1)),
        predicted_sd_bits=half / _quantile(confidence, fields.shape[1]),
        drift_bits=float(line.slope * (len(values) - 1)) if line else 0.0,
        drift_p=float(line.pvalue) if line else 1.0,
        paired_sd_bits=paired,
        fields_needed={x: fields_needed(x, paired, confidence) for x in DIFFERENCES_BITS},
        saturated_share=max(_share(estimate.details) for estimate in estimates),
        noise_variance_ratio=float(np.mean(ratios)) if ratios else None,
        flags=_count([flag for estimate in estimates for flag in estimate.flags]),
        per_measurement=tuple(float(value) for value in values),
    )


def _share(details: Any) -> float:
    return float(details.get("saturated_share", 0.0))


def _count(flags: Sequence[str]) -> dict[str, int]:
    return {flag: flags.count(flag) for flag in sorted(set(flags))}


def _paired_sd(fields: NDArray[np.float64]) -> float:
    """Give v of (M, F) values: twice the variance within a field; what all share is left in."""
    return float(np.sqrt(2 * fields.var(axis=0, ddof=1).mean()))


def _quantile(confidence: float, n_fields: int) -> float:
    """Half-width of an interval over its standard deviation, as `hil.information` makes them."""
    share = 0.5 + confidence / 2
    if n_fields < _FEWEST_FOR_STUDENT:
        return float(stats.norm.ppf(share))
    return float(stats.t.ppf(share, n_fields - 1))


def power(n: int, difference: float, sd: float, confidence: float) -> float:
    """Probability that a paired t test over n fields sees a true difference.

    Parameters
    ----------
    n
        Fields, at least 2.
    difference, sd
        The difference, and the standard deviation of a field's paired difference; same unit.
    confidence
        Of the test, two-sided.
    """
    limit = float(stats.t.ppf(0.5 + confidence / 2, n - 1))
    shift = difference * math.sqrt(n) / sd
    # The other tail adds nothing to a power worth having.
    return float(stats.nct.sf(limit, n - 1, shift))


def fields_needed(difference: float, sd: float, confidence: float) -> int | None:
    """Fewest fields that see a difference with a power of 80 %; None beyond 100,000.

    Parameters
    ----------
    difference, sd, confidence
        See `power`.
    """
    if not sd > 0:
        return 2
    # For many fields t is normal, and the answer known: one step from there is enough to search.
    guess = (float(stats.norm.ppf(0.5 + confidence / 2)) + float(stats.norm.ppf(POWER))) ** 2
    n = max(2, math.floor(guess * (sd / difference) ** 2) - 2)
    while n <= MOST_FIELDS:
        if power(n, difference, sd, confidence) >= POWER:
            return n
        n += 1
    return None
