"""An estimate of information, its flags, and what a trial is worth by it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hil.records.html import interval, pairs_html


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

    def _repr_html_(self) -> str:
        said = [
            ("bits per pixel", f"{self.bits_per_pixel:.4f}{interval(self.ci_low, self.ci_high)}"),
            ("estimator", self.estimator),
            ("fields", self.n_units),
            ("flags", ", ".join(self.flags)),
        ]
        return pairs_html("information", said)


class Severity(StrEnum):
    """What a flag says of the number beside it."""

    WRONG = "wrong"  # by an amount that nobody knows: no trial wins by it
    DOUBTFUL = "doubtful"  # right as a bound, or within a wider interval than the one stated
    NOTE = "note"  # right; what it is about is narrower than one may think


SEVERITY: Mapping[str, Severity] = {
    "saturated": Severity.WRONG,
    "noise_mismatch": Severity.WRONG,
    "noise_correlated": Severity.WRONG,
    "fixed_pattern": Severity.WRONG,
    "pattern_possible": Severity.WRONG,
    "coarse_counts": Severity.WRONG,
    "codes_not_divided": Severity.WRONG,
    "noise_unit_unclear": Severity.WRONG,
    "duplicate_frames": Severity.WRONG,
    "dark_field": Severity.WRONG,
    "spikes_possible": Severity.WRONG,
    "levels_blurred": Severity.WRONG,
    "light_untold": Severity.WRONG,
    "negative": Severity.DOUBTFUL,
    "pairs_saturated": Severity.DOUBTFUL,
    "pattern_unchecked": Severity.DOUBTFUL,
    "fields_overlap": Severity.DOUBTFUL,
    "too_few_units": Severity.NOTE,
    "one_scene": Severity.NOTE,
    "lower_bound_limited": Severity.NOTE,
    "spikes_left_out": Severity.NOTE,
    "dark_surround": Severity.NOTE,
    "code_step": Severity.NOTE,
    "clips_inside": Severity.NOTE,
}
FLAGS = tuple(SEVERITY)
# Of those that keep a trial from winning, the ones that a few fields of view raise and more decide.
NEED_MORE_FIELDS = frozenset({"pattern_possible"})


def making_wrong(flags: Iterable[str], allowed: Collection[str] = ()) -> tuple[str, ...]:
    """Name the flags that keep a trial from winning.

    Parameters
    ----------
    flags
        Of its estimate.
    allowed
        What the session lets win all the same.
    """
    return tuple(
        flag
        for flag in flags
        if flag not in allowed and SEVERITY.get(flag, Severity.WRONG) is Severity.WRONG
    )


def lower_bound_in_words(details: Mapping[str, Any], confidence: float) -> str:
    """Say in one line what an estimate states of its lower bound; empty where none was asked for.

    Parameters
    ----------
    details
        Of the estimate.
    confidence
        Of its interval.
    """
    if "lower_bits" in details:
        return (
            f"{details['lower_bits']:.4f} bits per pixel, by {details['lower_method']}"
            f" ({confidence:.0%}); so few scenes show at most {details['lower_most_bits']:.4f}"
        )
    if "lower_reason" in details:
        return f"none: {details['lower_reason']}"
    return ""


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
    absent
        Metrics that there are no numbers of, and why.
    failure
        Why the trial is none that counts; empty if it is one.
    """

    estimate: Estimate
    objectives: Mapping[str, float]
    constraints: Mapping[str, float]
    objective_interval: tuple[float, float] | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of the first objective; NaN if there is none."""
        if self.objective_interval is not None:
            return self.objective_interval
        if next(iter(self.objectives.values()), None) == self.estimate.bits_per_pixel:
            return self.estimate.ci_low, self.estimate.ci_high
        return math.nan, math.nan
