"""One row of the estimators' benchmark table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured for one case.

    Parameters
    ----------
    case
        What was estimated, with which estimator.
    error
        Mean error, bits per pixel; NaN where there is no truth.
    spread
        Standard deviation of the error over seeds, bits per pixel.
    seconds
        Median time of one estimate, seconds.
    reference
        What the reference implementation did, as text; empty if nothing is known.
    to_reach
        What is wanted, as text.
    note
        Anything else: coverage, memory, bound.
    """

    case: str
    error: float
    spread: float
    seconds: float
    reference: str = ""
    to_reach: str = ""
    note: str = ""
