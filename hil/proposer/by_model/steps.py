"""The steps of the model: settings that differ, corrections, and the end of it.

What has been done stands in the rows (attribute ``MODEL``), so that advice depends on rows and the
frames that are stored alone. Fits are made outside the store's critical section (`ThinkFirst`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from drivers.types import Value
from hil.errors import InputError
from hil.proposer.by_model.advise import Adviser
from hil.proposer.by_model.seen import AUTO, Seen, look, step_of
from hil.proposer.plan import ModelRig, NoFrames, SearchPlan
from hil.records.trial import ThinkFirst, TrialRow

if TYPE_CHECKING:
    from hil.proposer.by_model.advise import Fitted

FIRST_TRIALS = 3
"""Settings that differ, before anything is fitted; two would tell no sign of an even mode."""
_MOST_CORRECTIONS = 6
_MOST_WITHOUT_END = 6
_TRIALS_TO_EXPLAIN = 5
"""With fewer, another trial may tell what is wrong with the model."""
_MOST_FAILED = 2
_MOST_RESCALED = 2
_LEAST_GAIN = 0.002
_VAGUE_SCALES = 2.0
"""A wavefront that is known no better is worth another trial that differs, and no correction."""


@dataclass(frozen=True, slots=True)
class ModelStep:
    """What comes next.

    Parameters
    ----------
    settings
        Of the trial; None where `auto` takes over.
    said
        What the row keeps of it.
    """

    settings: Mapping[str, Value] | None
    said: Mapping[str, Any] = field(default_factory=dict)


class ModelSteps:
    """Advises the trials of sampler `model`.

    Parameters
    ----------
    plan
        What is searched.
    rig
        The model and the frames.
    """

    def __init__(self, plan: SearchPlan, rig: ModelRig) -> None:
        self._plan = plan
        self._adviser = Adviser(plan, rig)
        self._thought: dict[tuple[object, ...], ModelStep] = {}

    def next(self, rows: Sequence[TrialRow], number: int) -> ModelStep:
        """Give the step of trial ``number``.

        Raises
        ------
        ThinkFirst
            It is to be found first.
        """
        if over(rows):
            return ModelStep(None)
        seen = look(self._plan, rows)
        key = (number, *seen.key)
        if key not in self._thought:
            raise ThinkFirst(self._work(key, seen, number))
        return self._thought[key]

    def _work(self, key: tuple[object, ...], seen: Seen, number: int) -> Callable[[], None]:
        def work() -> None:
            try:
                found = self._think(seen, number)
            except NoFrames as gone:
                found = _auto(str(gone))
            except InputError as refused:
                found = _auto(refused.problem)
            except (ArithmeticError, RuntimeError, ValueError) as error:  # of linear algebra
                found = _auto(
                    f"the fit failed, {type(error).__name__}: {' '.join(str(error).split())}"
                )
            self._thought = {key: found}  # those of before are in the rows by now

        return work

    def _think(self, seen: Seen, number: int) -> ModelStep:
        if len(seen.failed) >= _MOST_FAILED:
            return _auto(f"{len(seen.failed)} of its trials were not measured")
        if len(seen.used) < FIRST_TRIALS:
            return self._diversity(seen, None, number)
        if why := seen.refuted():
            return _auto(why)
        fitted = self._adviser.fit(seen)
        early = len(seen.used) < _MOST_WITHOUT_END
        if seen.wrong:
            return self._once_more(seen, fitted)
        if why := fitted.misfit(early=early):
            step = self._explained(fitted, why)
            again = step.settings is None and len(seen.used) < _TRIALS_TO_EXPLAIN
            return self._diversity(seen, fitted, number) if again else step
        if (early and fitted.left_scales > _VAGUE_SCALES) or any(
            step_of(row) == "correction" for row in seen.pending
        ):
            return self._diversity(seen, fitted, number)
        wanted = fitted.correction()
        if seen.corrections:
            best = seen.best()
            assert best is not None
            gain = fitted.gain(best.requested, wanted)
            if gain < _LEAST_GAIN:
                settled = {"reach": fitted.reach(best.requested)}
                why = f"another correction would add {max(gain, 0.0):.1%}"
                return self._explained(fitted, why, settled)
            if len(seen.corrections) >= _MOST_CORRECTIONS:
                return _auto(f"its {len(seen.corrections)} corrections did not come to rest")
        return ModelStep(wanted, _said("correction", fitted))

    def _diversity(self, seen: Seen, fitted: Fitted | None, number: int) -> ModelStep:
        wanted = self._adviser.differing(seen, fitted, number)
        return ModelStep(wanted, _said("diversity", fitted))

    def _once_more(self, seen: Seen, fitted: Fitted) -> ModelStep:
        """Correct by wrong scales again, now that there are frames near the best; then end."""
        found = fitted.scales() if len(seen.wrong) < _MOST_RESCALED else None
        if found is not None:
            return ModelStep(found.settings, {**_said("correction", fitted), "wrong": found.why})
        best = seen.best()
        assert best is not None
        return _auto(seen.wrong[-1], {"reach": fitted.reach(best.requested)})

    def _explained(
        self, fitted: Fitted, why: str, also: Mapping[str, Any] = MappingProxyType({})
    ) -> ModelStep:
        """End, or measure what scales that are wrong come to before."""
        found = fitted.scales()
        if found is None:
            return _auto(why, also)
        return ModelStep(found.settings, {**_said("correction", fitted), "wrong": found.why})


def over(rows: Sequence[TrialRow]) -> bool:
    """Whether `auto` has taken over."""
    return any(step_of(row) == AUTO for row in rows)


def _auto(why: str, also: Mapping[str, Any] = MappingProxyType({})) -> ModelStep:
    return ModelStep(None, {"step": AUTO, "why": why, **also})


def _said(step: str, fitted: Fitted | None) -> dict[str, Any]:
    said: dict[str, Any] = {"step": step}
    if fitted is not None:
        said["residuals"] = round(fitted.residuals, 3)
    return said
