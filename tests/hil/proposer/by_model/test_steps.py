"""What follows on what, with fits that are told; `test_advise` has fits of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from drivers.types import Value
from hil.proposer.by_model.advise import Rescaled
from hil.proposer.by_model.seen import Seen
from hil.proposer.by_model.steps import ModelStep, ModelSteps
from hil.proposer.plan import NoFrames
from hil.records.trial import ThinkFirst, TrialRow, TrialState
from tests.hil.proposer.by_model.small_model import NAMES, InMemory, plan, row

BEST = dict.fromkeys(NAMES, -10.0)
RESCALED = dict.fromkeys(NAMES, -20.0)
OTHER = dict.fromkeys(NAMES, 30.0)


class Told:
    """A fit, and who makes it: says what it is told to."""

    residuals = 1.01
    left_scales = 0.5

    def __init__(self, **told: Any) -> None:
        self.told = {"misfit": "", "gain": 0.1, "wrong": "", "gone": "", **told}
        self.left_scales = told.get("left_scales", 0.5)
        self.fits = 0

    def fit(self, seen: Seen) -> Told:
        if self.told["gone"]:
            raise NoFrames(self.told["gone"])
        self.fits += 1
        return self

    def differing(self, seen: Seen, fitted: object, number: int) -> Mapping[str, Value]:
        return OTHER

    def misfit(self, *, early: bool) -> str:
        return str(self.told["misfit"])

    def correction(self) -> Mapping[str, Value]:
        return BEST

    def gain(self, of: object, to: object) -> float:
        return float(self.told["gain"])

    def scales(self) -> Rescaled | None:
        return Rescaled(RESCALED, self.told["wrong"]) if self.told["wrong"] else None

    def reach(self, around: object) -> float:
        return 0.1


def asked(rows: Sequence[TrialRow], **told: Any) -> ModelStep:
    steps = ModelSteps(plan(), InMemory())
    steps._adviser = Told(**told)  # type: ignore[assignment]
    return think(steps, rows)


def think(steps: ModelSteps, rows: Sequence[TrialRow]) -> ModelStep:
    try:
        return steps.next(rows, len(rows))
    except ThinkFirst as first:
        first.work()
    return steps.next(rows, len(rows))


START = [row(0), row(1, 0.5, step="diversity"), row(2, 0.4, step="diversity")]
CORRECTED = [*START, row(3, 2.0, BEST, step="correction")]
SIX = [*START, *(row(n, n, BEST, step="correction") for n in range(3, 9))]
WRONG = [*START, row(3, 2.0, RESCALED, step="correction", wrong="z5 by 1.2")]
PRUNED = [replace(row(n, None, BEST, step="correction"), state=TrialState.PRUNED) for n in (3, 4)]
CASES: list[tuple[str, list[TrialRow], dict[str, Any], str, str]] = [
    ("one trial", START[:1], {}, "diversity", ""),
    ("one is under way", [*START[:2], row(2, None, step="diversity")], {}, "diversity", ""),
    ("three", START, {}, "correction", ""),
    ("a vague fit", START, {"left_scales": 3.0}, "diversity", ""),
    ("few frames that do not fit", START, {"misfit": "bad"}, "diversity", ""),
    ("more of them", [*START, row(3), row(4)], {"misfit": "bad"}, "auto", "bad"),
    ("wrong scales tell why", START, {"misfit": "bad", "wrong": "z5"}, "correction", ""),
    ("a correction that gains", CORRECTED, {"gain": 0.1}, "correction", ""),
    ("one that does not", CORRECTED, {"gain": 0.001}, "auto", "another correction would add 0.1%"),
    ("nothing to gain, wrong scales", CORRECTED, {"gain": 0, "wrong": "z5"}, "correction", ""),
    ("again by wrong scales", WRONG, {"wrong": "z5"}, "correction", ""),
    ("they are right by now", WRONG, {}, "auto", "z5 by 1.2"),
    ("no rest", SIX, {"gain": 0.1}, "auto", "its 6 corrections did not come to rest"),
    ("worse than before", [*START, row(3, 0.3, BEST, step="correction")], {}, "auto", "its corr"),
    ("under way", [*START, row(3, None, BEST, step="correction")], {}, "diversity", ""),
    ("trials that are refused", [*START, *PRUNED], {}, "auto", "2 of its trials were not measured"),
    ("frames that are gone", START, {"gone": "frames of 1 are gone"}, "auto", "frames of 1 are"),
]


@pytest.mark.parametrize(
    ("rows", "told", "step", "why"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_what_follows(rows: list[TrialRow], told: dict[str, Any], step: str, why: str) -> None:
    found = asked(rows, **told)
    assert found.said["step"] == step
    assert (found.settings is None) is (step == "auto")
    assert found.said.get("why", "").startswith(why)


def test_linear_algebra_that_fails_ends_in_auto() -> None:
    class Fails(Told):
        def fit(self, seen: Seen) -> Told:
            raise RuntimeError("linalg.eigh:\n it failed to converge")

    steps = ModelSteps(plan(), InMemory())
    steps._adviser = Fails()  # type: ignore[assignment]
    why = "the fit failed, RuntimeError: linalg.eigh: it failed to converge"
    assert think(steps, START).said == {"step": "auto", "why": why}


def test_once_auto_has_taken_over_nothing_is_fitted_any_more() -> None:
    steps = ModelSteps(plan(), InMemory())
    assert steps.next([*CORRECTED, row(4, 0.1, step="auto", why="so")], 5) == ModelStep(None)


def test_what_was_thought_of_is_not_thought_of_again_while_nothing_changes() -> None:
    steps = ModelSteps(plan(), InMemory())
    steps._adviser = told = Told()  # type: ignore[assignment]
    first = think(steps, START)
    assert steps.next(START, 3) == first
    assert told.fits == 1
    with pytest.raises(ThinkFirst):
        steps.next([*START, row(3, None, OTHER)], 4)
