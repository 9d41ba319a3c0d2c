"""What a person gives goes before the sampler's, checked against what is searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from drivers.types import Value
from hil.records.trial import Proposal, TrialRow
from hil.session.by_hand.proposer import BY_HAND, ByHand
from hil.session.by_hand.turns import Refused, Turns
from hil.session.control.enqueue import Enqueued
from hil.session.control.wishes import Wishes
from hil.supervision.stop import StopSwitch

RANGE = '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 0, "high": 8}}'
CHOICES = '{"name": "CategoricalDistribution", "attributes": {"choices": ["FITC", 2]}}'
SEARCHED = {"Z.steps": RANGE, "Emission.Label": CHOICES}


class Sampler:
    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        return Proposal("search", {"Z.steps": 8, "Emission.Label": 2})

    def given(
        self, settings: Mapping[str, Value], number: int, attrs: Mapping[str, Any]
    ) -> Proposal:
        return Proposal("search", settings, sampler_attrs=attrs)

    def searched(self) -> Mapping[str, str]:
        return SEARCHED


def proposed(given: Mapping[str, Value] | None) -> Proposal:
    turns = Turns()
    turns.given = given
    start = {"Z.steps": 0, "Emission.Label": "FITC"}
    inner = Enqueued(Sampler(), Wishes(StopSwitch()), start)
    return ByHand(inner, SEARCHED, turns).propose((), {}, 4)


def test_without_any_the_sampler_s_counts() -> None:
    assert proposed(None).requested == {"Z.steps": 8, "Emission.Label": 2}


def test_what_is_given_keeps_its_type_and_the_rest_is_of_the_start() -> None:
    found = proposed({"Z.steps": 4})
    assert found.requested == {"Z.steps": 4, "Emission.Label": "FITC"}
    assert found.sampler_attrs == {BY_HAND: ["Z.steps"]}
    assert proposed({"Emission.Label": 2}).requested["Emission.Label"] == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Z.steps": 3}, "3, allowed: 0 and every 2 from there"),
        ({"Z.steps": 4.5}, "'4.5', allowed: an integer from 0 to 8"),
        ({"Emission.Label": "DAPI"}, "'DAPI', allowed: FITC, 2"),
        ({"Z.step": 4}, "Z.step: not searched, did you mean 'Z.steps'?"),
    ],
)
def test_what_may_not_be_is_refused(given: Mapping[str, Value], said: str) -> None:
    with pytest.raises(Refused) as refused:
        proposed(given)
    assert said in str(refused.value.error)
