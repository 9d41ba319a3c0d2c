"""Which calls a script of faults strikes: by number, by chance, in time; and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from drivers.errors import DeviceLost
from sim.fault_script import Call, Fault, FaultScript


def script(*faults: dict[str, Any], seed: int = 0, now_s: list[float] | None = None) -> FaultScript:
    """Make one whose devices' time stands where the list says."""
    clock = now_s if now_s is not None else [0.0]
    return FaultScript(tuple(Fault.model_validate(f) for f in faults), seed, lambda: clock[0])


def hits(one: FaultScript, n: int, call: Call = "read", label: str = "focus") -> list[bool]:
    return [one.strike(call, label, ("focus.z_um",)) is not None for _ in range(n)]


def test_random_faults_come_from_the_seed_at_their_rate() -> None:
    def struck(seed: int) -> list[bool]:
        return hits(script({"fault": "read_nan", "rate": 0.2}, seed=seed), 1000)

    assert struck(1) == struck(1) != struck(2)
    assert 160 < sum(struck(1)) < 240


@pytest.mark.parametrize(
    ("narrowed", "strikes"),
    [
        ({}, True),
        ({"device": "focus"}, True),
        ({"device": "mirror"}, False),
        ({"setting": "focus.z_um"}, True),
        ({"setting": "focus.speed"}, False),
    ],
)
def test_what_is_not_named_is_neither_struck_nor_counted(
    narrowed: dict[str, str], strikes: bool
) -> None:
    one = script({"fault": "read_off", "at": [2], **narrowed})
    assert hits(one, 2, call="settle") == [False, False]
    assert hits(one, 3) == [False, strikes, False]
    assert one.counts == ({"read_off": 1} if strikes else {})
    assert one.n_calls == (3 if strikes else 0)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_a_span_of_time_bounds_what_is_struck(rate: float) -> None:
    now_s = [0.0]
    one = script({"fault": "read_nan", "from_s": 1, "to_s": 2, "rate": rate}, now_s=now_s)
    found = []
    for now_s[0] in (0.9, 1.5, 2.1):
        found.append(sum(hits(one, 10)))
    assert found[0] == found[2] == 0
    assert found[1] == 10 if not rate else 0 < found[1] < 10


def test_of_two_faults_of_one_call_the_first_of_the_file_wins() -> None:
    one = script({"fault": "read_nan", "at": [1]}, {"fault": "lost", "call": "read", "at": [1, 2]})
    first = one.call("read", "focus")
    assert first is not None
    assert first.fault == "read_nan"
    with pytest.raises(DeviceLost):
        one.call("read", "focus")
    assert one.counts == {"read_nan": 1, "lost": 1}


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "hang", "at": [1]},
        {"fault": "dark"},
        {"fault": "dark", "rate": 1.5},
        {"fault": "dark", "call": "read", "rate": 0.1},
        {"fault": "dork", "rate": 0.1},
        {"fault": "read_off", "at": [0]},
    ],
)
def test_a_fault_that_cannot_be_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fault)
