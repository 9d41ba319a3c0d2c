"""An estimate of information, its flags, and what a trial is worth by it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mutual information between scene and measurement, estimated from noisy frames.

    Parameters
    ----------
    bits_per_pixel
        The point estimate, bits per pixel.
    ci_low, ci_high
        Confidence interval of the mean over fields of view, bits per pixel; NaN if there is none.
    h_y_nats
        Entropy H(Y) of the measurement as the model sees it, nats per pixel.
    h_y_given_x_nats
        Entropy H(Y|X) of the noise, nats per pixel.
    estimator
        Name of the estimator.
    n_patches
        Number of patches the entropy was taken from.
    n_units
        Number of independent units (fields of view) behind the interval.
    seconds
        Time the estimate took, seconds.
    flags
        What to beware of, from `FLAGS`.
    details
        ``"per_field_bits"`` (one number a field), ``"held_out_bits"`` (the bound), and whatever the
        estimator adds. Plain JSON values.
    """

    bits_per_pixel: float
    ci_low: float
    ci_high: float
    h_y_nats: float
    h_y_given_x_nats: float
    estimator: str
    n_patches: int
    n_units: int
    seconds: float
    flags: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


FLAGS = (
    "saturated",
    "noise_mismatch",
    "noise_correlated",
    "fixed_pattern",
    "too_few_units",
    "negative",
    "pairs_saturated",
    "one_scene",
    "coarse_counts",
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a measurement is worth.

    Parameters
    ----------
    estimate
        Information with its interval.
    objectives
        Objective name to value, in the order of the session file.
    constraints
        Name to value; at most 0 is feasible.
    objective_interval
        Confidence interval of the first objective; None where that is the estimate's bits per
        pixel, whose interval it then has.
    """

    estimate: Estimate
    objectives: Mapping[str, float]
    constraints: Mapping[str, float]
    objective_interval: tuple[float, float] | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of the first objective; NaN if there is none."""
        if self.objective_interval is not None:
            return self.objective_interval
        if next(iter(self.objectives.values()), None) == self.estimate.bits_per_pixel:
            return self.estimate.ci_low, self.estimate.ci_high
        return math.nan, math.nan
