"""When a session waits without being asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from hil.ranking.drift import Drift
from hil.records.trial import TrialKind, TrialState
from hil.session.control.pause_rules import PauseRules, TrialEnd
from hil.spec import Pause


def end(
    kind: TrialKind = "search",
    state: TrialState = TrialState.FAILED,
    interlock: bool = False,
    failures: int = 1,
) -> TrialEnd:
    return TrialEnd(kind, state, "trial 3: the link dropped", interlock, failures)


@dataclass
class Case:
    name: str
    spec: Pause
    end: TrialEnd
    why: str


CASES = [
    Case("nothing asked for", Pause(), end(failures=99, interlock=True), ""),
    Case("too few failures", Pause(failures_in_a_row=3), end(failures=2), ""),
    Case(
        "failures",
        Pause(failures_in_a_row=2),
        end(failures=2),
        "2 trials in a row failed, the last one: trial 3: the link dropped",
    ),
    Case("interlock", Pause(interlock=True), end(interlock=True), "trial 3: the link dropped"),
    Case("another fault", Pause(interlock=True), end(), ""),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_waits_for_what_the_file_names(case: Case) -> None:
    assert PauseRules(case.spec, lambda: None).why(case.end) == case.why


def drift(bits: float, half_width: float) -> Drift:
    low, high = bits - half_width, bits + half_width
    return Drift("seconds", "line", 3, bits, low, high, 1.0, (0.0,))


def test_drift_beyond_the_bound_is_said_once() -> None:
    now = [drift(-0.05, 0.01)]
    rules = PauseRules(Pause(drift_bits=0.1), lambda: now[0])
    reference = end("reference", TrialState.COMPLETE, failures=0)
    assert rules.why(reference) == ""
    now[0] = drift(-0.2, 0.3)
    assert rules.why(reference) == "", "it may be chance"
    now[0] = drift(-0.2, math.nan)
    assert rules.why(reference) == "", "nobody knows whether it is chance"
    now[0] = drift(-0.2, 0.01)
    assert rules.why(end("search", TrialState.COMPLETE)) == "", "only references tell"
    assert "drifted by -0.2 bits per pixel, more than 0.1" in rules.why(reference)
    assert rules.why(reference) == "", "whoever let it go on has seen that"
    now[0] = drift(-0.35, 0.01)
    assert "(seen at -0.2)" in rules.why(reference)
