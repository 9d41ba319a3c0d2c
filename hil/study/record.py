"""A study in the database: a session of kind "study", a trial for each setting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import numpy as np

from hil.clock import SystemClock
from hil.errors import HilError
from hil.records.estimate import Assessment, Estimate
from hil.records.frames import FieldFrames
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialState
from hil.records.versions import versions
from hil.store import Database, NewSession, random_id
from hil.study.cell import PIXEL, Cell, score
from hil.study.domain import Domain, Setting, Size
from hil.study.prediction import Prediction

_OBJECTIVE = "information"


class StudySession:
    """Writes a session while a study goes on; a context manager, which ends it.

    Parameters
    ----------
    database
        Where to.
    domain, budget, size, note
        Of the study.
    """

    def __init__(
        self, database: Database, domain: Domain, budget: str, size: Size, note: str = ""
    ) -> None:
        self._clock = SystemClock()
        self._database = database
        self._domain = domain
        self._objectives = (_OBJECTIVE, *(task.name for task in domain.tasks))
        text = f'study = "{domain.name}"\nbudget = "{budget}"\n'
        self.id = random_id()
        self._new = NewSession(
            name=f"study of {domain.name}, {budget}",
            rig=f"study.{domain.name}",
            session_text=text,
            rig_text=f'name = "study.{domain.name}"\n',
            versions=versions({}),
            seed=0,
            n_trials=size.settings,
            objectives=self._objectives,
            estimator=domain.best_form,
            at=self._clock.now(),
            note=note,
            extra={"kind": "study", "domain": domain.name, "budget": budget}
            | {"size": asdict(size), "fixed": domain.fixed},
        )
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._database.create_session(self._new, self.id)
            store = self._database.store(
                self.id,
                controller=self._new.rig,
                clock=self._clock,
                keep_frames="none",
            )
            self._store = self._stack.enter_context(store)
        except (
            BaseException
        ) as error:  # a signal, say: there is no session by then, or it has ended
            state, why = _end_of(error)
            with suppress(HilError):
                self._database.end_unbegun(self.id, state, self._clock.now(), why)
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        state, reason = _end_of(error)
        try:
            self._store.session_state(state, self._clock.now(), reason)
        finally:
            self._stack.close()

    def trial(self, number: int, setting: Setting, cells: Sequence[Cell]) -> None:
        """Write a setting and all that was found there."""
        store, now = self._store, self._clock.now
        trial = store.propose(lambda *_: Proposal("search", dict(setting)))
        store.applied(trial, now(), dict(setting))
        # a study renders scenes again at will: no frame is kept, and a trial has one
        blank = np.zeros((1, 1, 1), np.uint16)
        store.frames(trial, FieldFrames(0, blank, 0.0, 65535, now()))
        store.captured(trial, now(), device_s=math.nan)
        store.estimated(trial, now(), self._assessment(cells))
        store.finish(trial, TrialState.COMPLETE, now())

    def summary(self, found: Mapping[str, Any]) -> None:
        """Keep what the study came to with the session."""
        self._database.keep_extra(self.id, "study", found)

    def _assessment(self, cells: Sequence[Cell]) -> Assessment:
        domain = self._domain
        first = domain.tasks[0].name
        information = [cell["information"][first] for cell in cells]
        pixel = [one[PIXEL] for one in information]
        best = float(np.mean([one[domain.best_form] for one in information]))
        scores = {task.name: _score(task.name, task.kind, cells) for task in domain.tasks}
        estimate = Estimate(
            bits_per_pixel=float(np.mean(pixel)),
            ci_low=min(pixel),
            ci_high=max(pixel),
            h_y_nats=math.nan,
            h_y_given_x_nats=math.nan,
            estimator=domain.best_form,
            n_patches=0,
            n_units=len(cells),
            seconds=float(sum(cell["cpu_s"] for cell in cells)),
            flags=tuple(sorted({flag for cell in cells for flag in cell["flags"][first]})),
            details={
                "per_field_bits": pixel,
                "interval": "least and most of all seeds",
                "study": [_brief(cell) for cell in cells],
            },
        )
        ends = [one[domain.best_form] for one in information]
        return Assessment(estimate, {_OBJECTIVE: best, **scores}, {}, (min(ends), max(ends)))


def _score(name: str, kind: str, cells: Sequence[Cell]) -> float:
    each = []
    for cell in cells:
        one = cell["tasks"][name]
        loss = np.average(one["loss"], weights=one["size"])
        each.append(float(score(kind, loss, one["base"])))
    return float(np.mean(each))


def _brief(cell: Cell) -> dict[str, Any]:
    """Leave losses of single scenes out."""
    tasks = {
        name: {key: value for key, value in one.items() if key not in ("loss", "size")}
        for name, one in cell["tasks"].items()
    }
    return {**cell, "tasks": tasks}


def summary_of(prediction: Prediction) -> dict[str, Any]:
    """Give rankings as plain JSON."""
    return {name: asdict(one.ranking) for name, one in prediction.tasks.items()}


def _end_of(error: BaseException | None) -> tuple[SessionState, str]:
    if error is None:
        return SessionState.COMPLETE, ""
    stopped = isinstance(error, KeyboardInterrupt)
    state = SessionState.STOPPED if stopped else SessionState.FAILED
    return state, f"{type(error).__name__}: {error}"
