"""A trial's first objective, field of view by field of view."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hil.records.trial import TrialRow


def field_values(row: TrialRow) -> Mapping[int, float]:
    """Give the first objective in each field of view that a COMPLETE trial measured.

    Rows keep bits per pixel of each field, or the metric that is the objective; objectives are a
    scale times that, less what drift or blank fields took, so that their mean is the trial's
    objective.

    Returns
    -------
    dict
        Field to value; empty where fields are not told apart.
    """
    measured = row.measured
    if measured is None or not row.objectives:
        return {}
    own = measured.objective_fields
    values = measured.field_bits if own is None else own
    fields = measured.fields or tuple(range(len(values)))
    return valued(row.objectives[0], dict(zip(fields, values, strict=False)))


def valued(objective: float, bits: Mapping[int, float]) -> Mapping[int, float]:
    """Scale bits per pixel of fields so that their mean is the objective."""
    if not bits or not all(map(math.isfinite, bits.values())) or not math.isfinite(objective):
        return {}
    centre = sum(bits.values()) / len(bits)
    scale = objective / centre if centre > 0 else 1.0
    return {field: objective + scale * (own - centre) for field, own in bits.items()}
