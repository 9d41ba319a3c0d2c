"""What of the rows the model works with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.types import Value
from hil.proposer.plan import SearchPlan
from hil.records.trial import MODEL, TrialRow, TrialState, barred

MOST_FIELDS = 2
MOST_TRIALS = 12
AUTO = "auto"
_SCATTER = 0.01
"""On one field of view the same settings repeat within so much of their information."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Rows by what they are to the model.

    Parameters
    ----------
    used
        Measured, and with frames of the same fields of view; the newest if there are very many.
    fields
        Those fields.
    pending
        Not ended.
    corrections
        Measured ones that were corrections by the model, in order.
    failed
        The model's trials that a fault or a person ended: such as are refused, or fail.
    """

    used: tuple[TrialRow, ...]
    fields: tuple[int, ...]
    pending: tuple[TrialRow, ...]
    corrections: tuple[TrialRow, ...]
    failed: tuple[TrialRow, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """All that advice depends on."""
        pending = tuple(
            (row.number, tuple(sorted(row.requested.items())), step_of(row)) for row in self.pending
        )
        return tuple(row.number for row in self.used), self.fields, pending, len(self.failed)

    @property
    def wrong(self) -> tuple[str, ...]:
        """What was found to be wrong with the model, one for each correction by that."""
        found = (row.sampler_attrs[MODEL].get("wrong", "") for row in self.corrections)
        return tuple(one for one in found if one)

    def best(self) -> TrialRow | None:
        """Give the row with the highest first objective, of those that keep to the constraints."""
        kept = [row for row in self.used if not barred(row.constraints)]
        return max(kept or self.used, key=_objective, default=None)

    def refuted(self) -> str:
        """Say which earlier trial was surely better than the newest correction; empty for none."""
        if not self.corrections:
            return ""
        last = self.corrections[-1]
        for row in self.used:
            if row.number >= last.number:
                continue
            ahead = _objective(row) - _objective(last)
            if ahead > max(_SCATTER * abs(_objective(row)), math.hypot(_half(row), _half(last))):
                return (
                    f"its correction, trial {last.number}, measured {_objective(last):.4g},"
                    f" and trial {row.number} {_objective(row):.4g}"
                )
        return ""


def look(plan: SearchPlan, rows: Sequence[TrialRow]) -> Seen:
    """Sort rows."""
    ended = [
        row
        for row in rows
        if row.state is TrialState.COMPLETE and row.objectives and row.kind != "again"
    ]
    fields = {row.number: _fields(plan, row) for row in ended}
    count = Counter(field for one in fields.values() for field in one)
    if not count:
        common: tuple[int, ...] = ()
        used: list[TrialRow] = []
    else:
        first = max(count, key=lambda field: (count[field], -field))
        used = [row for row in ended if first in fields[row.number]][-MOST_TRIALS:]
        shared = set.intersection(*(set(fields[row.number]) for row in used)) - {first}
        common = (first, *sorted(shared)[: MOST_FIELDS - 1])
    pending = tuple(row for row in rows if not row.state.ended)
    corrections = tuple(row for row in used if step_of(row) == "correction")
    failed = tuple(
        row for row in rows if step_of(row) and row.state in (TrialState.FAILED, TrialState.PRUNED)
    )
    return Seen(tuple(used), common, pending, corrections, failed)


def around(
    plan: SearchPlan, rows: Sequence[TrialRow], said: Mapping[str, Any]
) -> tuple[Mapping[str, Value] | None, float | None]:
    """Give the settings that `auto` begins around, and how far its star reaches; None: the usual.

    The best before it took over, if there is any, so that it stays where it is.

    Parameters
    ----------
    said
        What the row that is asked for keeps of the model.
    """
    if plan.model is None:
        return plan.start, None
    taken = next((row for row in rows if step_of(row) == AUTO), None)
    best = look(plan, rows if taken is None else rows[: taken.number]).best()
    reach = (said if taken is None else taken.sampler_attrs[MODEL]).get("reach")
    return (plan.start if best is None else best.requested), reach


def step_of(row: TrialRow) -> str:
    """Tell which step of the model a row is; empty for none."""
    return str(row.sampler_attrs.get(MODEL, {}).get("step", ""))


def _fields(plan: SearchPlan, row: TrialRow) -> tuple[int, ...]:
    measured = row.measured.fields if row.measured is not None else ()
    return tuple(measured) or tuple(range(plan.n_fields))


def _objective(row: TrialRow) -> float:
    return (row.objectives or (-math.inf,))[0]


def _half(row: TrialRow) -> float:
    if row.measured is None:
        return 0.0
    half = (row.measured.ci_high - row.measured.ci_low) / 2
    return half if math.isfinite(half) else 0.0
