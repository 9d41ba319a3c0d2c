"""What ``session.toml`` may say."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from hil.errors import nearest
from hil.spec.axis import SearchAxis
from hil.spec.base import Number, Settings, Spec, Whole
from hil.spec.measure import EstimatorSpec, Measure
from hil.spec.metric import MetricSpec, is_of, metric_of
from hil.spec.objective import LABEL, Constraints, Objective
from hil.spec.sampler import AutoSampler, GridSampler, ModelSampler, SamplerSpec, kinds_that
from hil.spec.start import Start, as_table
from hil.spec.unattended import Approval, Pause

MOST_TRIALS = 1_000_000
_LEADERS = 3
_TRIALS_FOR_LEADERS = 50
_MOST_AS_NEEDED = 6
_TRIALS_AS_NEEDED = 10  # one field of view says less of a trial than all of them


class Reference(Spec):
    """Fixed settings measured again every k trials, to see drift.

    Parameters
    ----------
    every
        A reference trial follows every so many others.
    settings
        Values of search axes; those not named are as the session found them.
    """

    every: Whole = Field(ge=1)
    settings: Settings = Field(default_factory=dict)


class Stop(Spec):
    """When the session ends before its last trial; the first one met counts.

    Parameters
    ----------
    frames
        No trial starts that would bring the session's frames above this number.
    dose_mj
        No trial starts that would bring the light at the sample, all trials together, above this,
        millijoules.
    wall_s
        No trial starts later than this after the session (or its resumption) began, seconds.
    target
        The session ends when a feasible trial's first objective reaches this.
    gain
        The search ends when sampler ``auto`` expects less than this from another trial, in the unit
        of the first objective; leaders are measured again then.
    failures_in_a_row
        The session ends as FAILED after so many failed trials without one that worked between them.
    """

    frames: Whole | None = Field(default=None, ge=1)
    dose_mj: Number | None = Field(default=None, gt=0)
    wall_s: Number | None = Field(default=None, gt=0)
    target: Number | None = None
    gain: Number | None = Field(default=None, gt=0)
    failures_in_a_row: Whole = Field(default=3, ge=1)


class Finish(Spec):
    """What follows the search.

    Parameters
    ----------
    remeasure
        How many trials at most measure leaders again before the winner is named; they count within
        the session's ``trials``. By default 3 in sessions of 50 trials or more; where fields are
        taken as needed an eighth of the trials, 3 to 6, in sessions of 10 or more; and none for
        grids, QMC sequences and several objectives.
    confidence
        They end earlier when one leader is the best with this probability.
    report
        Whether ``hil run`` writes a page about the session at its end.
    """

    remeasure: Whole | None = Field(default=None, ge=0, le=100)
    confidence: Number = Field(default=0.95, gt=0.5, lt=1)
    report: bool = False


class SessionSpec(Spec):
    """One optimisation on one rig.

    Parameters
    ----------
    rig
        Path of the rig file, relative to the session file.
    trials
        How many trials. STALE and ABORTED ones are made up for.
    seed
        All of the session's randomness comes from it.
    search
        The settings that may be moved.
    fixed
        Settings held at a value for the whole session.
    metric
        Numbers of a person's own, computed from every trial's frames.
    start
        What is measured, and known, before a sampler is asked; ``"present"`` or ``"none"`` alone
        say whether the first trial measures the settings as the session found them.
    at_end
        ``"park"``; ``"restore"`` the settings from before the session, or go to the ``"best"``, and
        then park: light goes off in any case.
    """

    spec_version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=200)
    rig: str = Field(min_length=1)
    trials: Whole = Field(ge=1, le=MOST_TRIALS)
    seed: Whole = Field(default=0, ge=0, le=2**32 - 1)
    tags: tuple[str, ...] = ()
    note: str = ""
    search: tuple[SearchAxis, ...] = Field(min_length=1)
    fixed: Settings = Field(default_factory=dict)
    start: Start = Start()
    at_end: Literal["park", "restore", "best"] = "park"
    measure: Measure = Measure()
    estimator: EstimatorSpec = EstimatorSpec()
    metric: tuple[MetricSpec, ...] = ()
    objective: Objective = Objective()
    constraints: Constraints = Constraints()
    sampler: SamplerSpec = AutoSampler(kind="auto")
    reference: Reference | None = None
    finish: Finish = Finish()
    stop: Stop = Stop()
    pause: Pause = Pause()
    approval: Approval | None = None

    @property
    def remeasured(self) -> int:
        """How many trials measure leaders again at most; at least one trial is left to search."""
        if self.finish.remeasure is not None:
            return min(self.finish.remeasure, self.trials - 1)
        if len(self.objective.names) > 1 or self.sampler.fixed_design:
            return 0
        if self.measure.fields == "as needed":
            few = self.trials < _TRIALS_AS_NEEDED
            return 0 if few else min(max(self.trials // 8, _LEADERS), _MOST_AS_NEEDED)
        return _LEADERS if self.trials >= _TRIALS_FOR_LEADERS else 0

    def metric_problem(self) -> str:
        """Say what is wrong about names of metrics; empty if nothing is."""
        names = [one.called for one in self.metric]
        for i, name in enumerate(names):
            if name in names[:i]:
                return f"metric.{i}.name: {name!r} is named twice, give one of them another name"
        wanted = [("objective.maximize", name) for name in self.objective.names if metric_of(name)]
        wanted += [(f'constraints.metrics."{name}"', name) for name in self.constraints.metrics]
        for key, name in wanted:
            if not any(is_of(metric_of(name) or name, one) for one in names):
                known = nearest(metric_of(name) or name, names) if names else "there is none"
                return f"{key}: no [[metric]] is called {metric_of(name) or name!r}, {known}"
        return ""

    @field_validator("start", mode="before")
    @classmethod
    def _start(cls, value: object) -> object:
        return as_table(value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [axis.setting for axis in self.search]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"search: {name} is named twice")
            if name in self.fixed:
                raise ValueError(f'fixed."{name}": {name} is also searched')
        moved = set(self.measure.listed[0]) if self.measure.listed else set()
        if self.measure.grid is not None:
            moved |= {name for name in (self.measure.grid.x, self.measure.grid.y) if name}
        for name in sorted(moved & (set(names) | set(self.fixed))):
            raise ValueError(
                f"measure: {name} places the fields of view and is also searched or fixed"
            )
        if self.reference is not None:
            for name in self.reference.settings:
                if name not in names:
                    raise ValueError(f'reference.settings."{name}": {name} is not searched')
        sampler = self.sampler
        if len(self.objective.names) > 1 and sampler.single_objective:
            others = kinds_that(lambda table: not table.single_objective)
            raise ValueError(f"sampler.kind: {sampler.kind} takes one objective, allowed: {others}")
        if sampler.needs_a_range and all(axis.choices is not None for axis in self.search):
            others = kinds_that(lambda table: not table.needs_a_range)
            raise ValueError(
                f"sampler.kind: {sampler.kind} needs an axis with a range, allowed: {others}"
            )
        if isinstance(self.sampler, GridSampler) and isinstance(self.sampler.points, dict):
            for name in self.sampler.points:
                if name not in names:
                    raise ValueError(f'sampler.points."{name}": {name} is not searched')
        if self.measure.blank is not None:
            for name in sorted({*self.measure.blank.moved} & set(names)):
                raise ValueError(f"measure.blank: {name} is also searched")
        if problem := self.estimator.cannot_subtract(self.measure.n_fields):
            raise ValueError(f"estimator.subtract_pattern: {problem}")
        if LABEL in self.objective.names and not self.measure.labels:
            raise ValueError(
                f"objective.maximize: {LABEL} needs scenes that carry labels, and measure.labels"
                " names none: allowed: one a field of view"
            )
        if self.measure.pipeline is True and isinstance(self.sampler, ModelSampler):
            raise ValueError(
                "measure.pipeline: true, not with the sampler model, which corrects by the latest"
                " frames: allowed: false"
            )
        if self.objective.minus_blank and self.measure.blank is None:
            raise ValueError("objective.minus_blank: needs the blank fields of measure.blank")
        if problem := self.metric_problem():
            raise ValueError(problem)
        if problem := self.objective.needs_floor(self.constraints):
            raise ValueError(f"objective.maximize: {problem}")
        if self.start.from_ and not isinstance(self.sampler, AutoSampler):
            raise ValueError(f"start.from: not with sampler.kind = {sampler.kind!r}, allowed: auto")
        if self.start.presets and sampler.fixed_design:
            raise ValueError(f"start.presets: not with a design ({sampler.kind})")
        if self.stop.gain is not None and not sampler.ends_in_auto:
            others = kinds_that(lambda table: table.ends_in_auto)
            raise ValueError(
                f"stop.gain: not with sampler.kind = {sampler.kind!r}, allowed: {others}"
            )
        if isinstance(sampler, ModelSampler) and self.measure.keep_frames == "none":
            raise ValueError(
                "measure.keep_frames: 'none', and sampler.kind = 'model' is fitted to the frames"
                " that are kept, allowed: all, first"
            )
        if isinstance(sampler, ModelSampler) and self.measure.sequence is not None:
            raise ValueError(
                "sampler.kind: 'model' fits frames without planes, and those of a sequence have"
                " some, allowed: auto"
            )
        if self.measure.fields == "as needed" and sampler.fixed_design:
            raise ValueError(
                f'measure.fields: "as needed" is not for a design ({sampler.kind}): its trials are'
                " compared on the same fields"
            )
        if self.finish.remeasure is not None and self.finish.remeasure >= self.trials:
            raise ValueError(
                f"finish.remeasure: {self.finish.remeasure} of {self.trials} trials, allowed: fewer"
            )
        if self.approval is not None:
            for name in self.approval.names:
                if name not in names and name not in self.fixed:
                    raise ValueError(f"approval: {name} is neither searched nor fixed")
        if self.pause.drift_bits is not None and self.reference is None:
            raise ValueError("pause.drift_bits: needs the trials of [reference]")
        most, ends = self.pause.failures_in_a_row, self.stop.failures_in_a_row
        if most is not None and most > ends:
            raise ValueError(
                f"pause.failures_in_a_row: {most}, allowed: at most {ends}, since"
                " stop.failures_in_a_row ends the session then"
            )
        frames = self.measure.n_frames
        if self.stop.frames is not None and self.stop.frames < frames:
            raise ValueError(
                f"stop.frames: {self.stop.frames} frames, allowed: at least {frames},"
                " the frames of one trial"
            )
        return self
