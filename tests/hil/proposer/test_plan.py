"""Which fields of view trials take."""

from __future__ import annotations

from dataclasses import replace

from hil.proposer.plan import SearchPlan
from hil.records.trial import FIELDS, FURTHER
from hil.spec import AutoSampler, SearchAxis

PLAN = SearchPlan(
    (SearchAxis(setting="focus.z_um", low=0, high=1),),
    frozenset(),
    AutoSampler(kind="auto"),
    seed=1,
    trials=50,
    n_fields=6,
    n_to_search=2,
    most_to_search=4,
)


def test_a_trial_begins_with_few_and_may_go_on_to_others() -> None:
    fields = PLAN.fields_of(0)
    assert (len(fields[FIELDS]), len(fields[FURTHER])) == (2, 2)
    assert len({*fields[FIELDS], *fields[FURTHER]}) == 4


def test_fields_stay_for_a_while_and_then_are_the_next() -> None:
    taken = [tuple(PLAN.fields_of(number)[FIELDS]) for number in range(24)]
    assert len(set(taken)) == 3
    assert {field for fields in taken for field in fields} == set(range(6))
    assert taken[:8] == [taken[0]] * 8


def test_who_takes_all_has_nothing_to_go_on_to() -> None:
    assert replace(PLAN, n_to_search=6, most_to_search=6).fields_of(3) == {}
    assert FURTHER not in replace(PLAN, most_to_search=2).fields_of(3)
