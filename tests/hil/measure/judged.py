"""Repeated measurements, judged."""

from __future__ import annotations

import numpy as np

from hil.measure.repeatability import Repeatability, judge
from hil.records.estimate import Estimate


def judged(values: np.ndarray, half: float = 0.02, **details: object) -> Repeatability:
    """Judge (M, F) values whose intervals have one half-width."""
    estimates = [
        Estimate(
            row.mean(), row.mean() - half, row.mean() + half, 1.0, 0.5, "stationary", 100,
            len(row), 0.1, (), {"per_field_bits": list(row), **details},
        )
        for row in values
    ]  # fmt: skip
    return judge(estimates, 0.95)
