"""The best is the best by evidence, not the luckiest value."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from typing import NamedTuple

import pytest

from hil.ranking.leaders import ranked, to_measure_again, winner
from hil.records.trial import FIELDS, UNDECIDED, Measured, TrialKind, TrialRow, TrialState


def row(
    number: int,
    place: float,
    value: float,
    kind: TrialKind = "search",
    excess: float = 0.0,
    state: TrialState = TrialState.COMPLETE,
) -> TrialRow:
    measured = Measured(value - 0.1, value + 0.2, (value,), (), 0.4, 1.0, 0.0)
    return TrialRow(
        number, state, kind, {"z": place}, {}, {}, (value,), {"dose": excess}, {}, None, measured
    )


class Case(NamedTuple):
    name: str
    rows: list[TrialRow]
    best: int | None
    objective: float
    n_measured: int


CASES = [
    Case("single values", [row(0, 1, 0.5), row(1, 2, 0.7), row(2, 3, 0.6)], 1, 0.7, 1),
    Case("nothing feasible", [row(0, 1, 0.5, excess=0.1)], None, 0, 0),
    Case("what failed does not count", [row(0, 1, 0.5), row(1, 2, 0.9, state=TrialState.FAILED)], 0, 0.5, 1),
    Case("nor does what stands for infinity in the database", [row(0, 1, 0.4), row(1, 2, sys.float_info.max), row(2, 3, -sys.float_info.max)], 0, 0.4, 1),
    Case("what is no number does not count", [row(0, 1, math.nan), row(1, 2, 0.5), row(2, 3, math.inf), row(3, 4, 0.4)], 1, 0.5, 1),
    Case("the luckiest of two loses", [row(0, 1, 0.9), row(1, 2, 0.8), row(2, 1, 0.5, "again"), row(3, 2, 0.8, "again")], 1, 0.8, 2),
    Case("a single value does not win over leaders", [row(0, 1, 0.9), row(1, 2, 0.8), row(2, 1, 0.6, "again")], 0, 0.75, 2),
    Case("unless the search has gone on", [row(0, 1, 0.9), row(1, 1, 0.6, "again"), row(2, 3, 0.8)], 2, 0.8, 1),
    Case("proposed twice is measured twice", [row(0, 1, 0.9), row(1, 1, 0.5), row(2, 2, 0.8)], 2, 0.8, 1),
    Case("saturated the second time", [row(0, 1, 0.9), row(1, 2, 0.8), row(2, 1, 0.9, "again", 0.1)], 1, 0.8, 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_winner(case: Case) -> None:
    best = winner(case.rows)
    if case.best is None:
        assert best is None
        return
    assert best is not None
    assert (best.number, best.n_measured) == (case.best, case.n_measured)
    assert best.objective == pytest.approx(case.objective)
    assert best.ci_low == pytest.approx(case.objective - 0.1)
    assert best.ci_high == pytest.approx(case.objective + 0.2)


def test_leaders_are_measured_again_one_after_the_other() -> None:
    rows = [row(0, 1, 0.5), row(1, 2, 0.9), row(2, 3, 0.8)]
    order = []
    for number in range(3, 6):
        leader = to_measure_again(rows)
        assert leader is not None
        order.append(leader.number)
        rows.append(row(number, float(leader.requested["z"]), 0.6, "again"))
    assert order == [1, 2, 0]
    assert to_measure_again(rows) is None
    assert [best.number for best in ranked(rows)] == [1, 2, 0]


def test_what_one_field_cannot_decide_may_lead_and_wins_once_all_fields_agree() -> None:
    """A scene that is sharper than the pixels looks like a pattern of the camera."""
    part = replace(row(1, 2, 0.9), constraints={UNDECIDED: 1.0}, sampler_attrs={FIELDS: [3]})
    rows = [row(0, 1, 0.5), part]
    assert [best.number for best in ranked(rows)] == [0], "not as it stands"
    assert to_measure_again(rows) == part
    agreed = [*rows, row(2, 2, 0.8, "again")]
    best = winner(agreed)
    assert best is not None
    assert (best.number, best.objective) == (1, 0.8)
    refused = [*rows, row(2, 2, 0.8, "again", excess=1.0)]
    best = winner(refused)
    assert best is not None
    assert best.number == 0
