"""The estimate of one trial, and the proposal after the next, while the next is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from hil.errors import HilError
from hil.records.estimate import Assessment
from hil.records.trial import Proposal, TrialRow
from hil.session.pipeline.ahead import Ahead
from hil.session.pipeline.captured import Captured, charged_row, complete_row, proposed_row
from hil.session.pipeline.costs import Costs
from hil.session.ports import Assessor


class Begin(Protocol):
    """Has a thread do work after what it does already: `hil.rig.device_thread.WorkerThread`."""

    def __call__(self, work: Callable[[], Any]) -> Future[Any]:
        """Begin, and wait for nothing."""
        ...


@dataclass(frozen=True, slots=True)
class InWork:
    """A captured trial, and its estimate to come.

    Parameters
    ----------
    captured
        The trial.
    estimate
        Set once it is estimated.
    """

    captured: Captured
    estimate: Future[Assessment]


class Overlap:
    """Keeps at most one captured trial, whose estimate is under way.

    Nothing here writes: rows are written by the loop, in their order, when `take` has given a trial
    back. A process that dies leaves a CAPTURED trial, which is finished from its frames.

    Parameters
    ----------
    ahead
        Proposes; only where it is `Ahead.on` are trials measured beside.
    begin
        Runs work on one thread, one piece after the other.
    automatic
        Whether it is to begin by itself, once that pays.
    """

    def __init__(self, ahead: Ahead, begin: Begin, *, automatic: bool) -> None:
        self._ahead = ahead
        self._begin = begin
        self._costs = Costs() if automatic else None
        self._in_work: InWork | None = None

    @property
    def on(self) -> bool:
        """Whether the next trial is measured while this one is estimated."""
        return self._ahead.on

    def estimate(self, captured: Captured, estimator: Assessor) -> None:
        """Begin the estimate of a trial.

        Raises
        ------
        HilError
            The one before never came to its end, and nobody waits for it any longer.
        """
        try:
            future: Future[Assessment] = self._begin(
                lambda: estimator.assess(captured.measurement, captured.read_back)
            )
        except RuntimeError as error:
            raise HilError(f"no estimate: {error}") from error
        self._in_work = InWork(captured, future)

    def look_ahead(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], proposal: Proposal
    ) -> None:
        """Begin to think about the trial after the one that was just proposed.

        Parameters
        ----------
        rows, study_attrs
            As they were when it was.
        """
        if (work := self._in_work) is None or len(rows) != work.captured.trial.number + 1:
            return
        attrs = {**study_attrs, **proposal.study_attrs}
        self._begin(lambda: self._think(work, rows, attrs, proposal))

    def _think(
        self, work: InWork, rows: Sequence[TrialRow], attrs: Mapping[str, Any], proposal: Proposal
    ) -> None:
        """Think for the rows as they will be: nothing is lost where it comes otherwise."""
        if work.estimate.exception() is not None:
            return
        last = complete_row(rows[-1], work.captured, work.estimate.result())
        if last is not None:
            expected = (*rows[:-1], last, proposed_row(len(rows), proposal))
            self._ahead.think(expected, attrs, len(expected))

    def take(self) -> InWork | None:
        """Give the trial back that is being estimated; None if there is none.

        What it is asked for then is waited for on the same thread, so that nothing runs beside.
        """
        taken, self._in_work = self._in_work, None
        return taken

    def charged(self, rows: Sequence[TrialRow]) -> Sequence[TrialRow]:
        """Give the rows for budgets: with the light of the trial that is being estimated."""
        if (work := self._in_work) is None:
            return rows
        number = work.captured.trial.number
        own = charged_row(rows[number], work.captured.dose_mj)
        return (*rows[:number], own, *rows[number + 1 :])

    # --- whether it pays -------------------------------------------------------------------------

    def took(self, measuring_s: float, thinking_s: float) -> None:
        """Note what a trial took that was measured and estimated one after the other."""
        if self._costs is not None:
            self._costs.add(measuring_s, thinking_s)

    def consider(self) -> Mapping[str, Any]:
        """Begin where it pays; say by what, empty where nothing changes."""
        costs = self._costs
        if costs is None or self.on or not costs.pays:
            return {}
        self._ahead.on = True
        return {
            "saved": round(costs.saved, 3),
            "measuring_s": [round(s, 3) for s in costs.measuring_s],
            "thinking_s": [round(s, 3) for s in costs.thinking_s],
        }
