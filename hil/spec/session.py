"""What ``session.toml`` may say."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from hil.spec.base import SettingName, Settings, SettingValue, Spec

ObjectiveName: TypeAlias = Literal["bits_per_pixel", "bits_per_frame"]


class SearchAxis(Spec):
    """One setting that the session may move.

    Parameters
    ----------
    setting
        ``LABEL.PROPERTY``.
    low, high
        Inclusive range in the setting's unit, inside the rig's limits.
    step
        Distance of the allowed values from `low`; a setting that takes integers has 1.
    log
        Search on a logarithmic scale; `low` must be above 0.
    choices
        Instead of a range: the values to choose from.
    """

    setting: SettingName
    low: float | None = None
    high: float | None = None
    step: float | None = Field(default=None, gt=0)
    log: bool = False
    choices: tuple[SettingValue, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.step is not None or self.log:
                raise ValueError("choices go without low, high, step and log")
            if len(set(self.choices)) < len(self.choices):
                raise ValueError("a choice is named twice")
            return self
        if self.low is None or self.high is None:
            raise ValueError("give low and high, or choices")
        if self.low > self.high:
            raise ValueError(f"low = {self.low:g} is above high = {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low = {self.low:g} with log = true, allowed: above 0")
        if self.log and self.step is not None:
            raise ValueError("log goes without step")
        return self


class Grid(Spec):
    """Fields of view in rows and columns around the stage's present position.

    Parameters
    ----------
    columns, rows
        How many.
    step_um
        Distance between neighbours.
    x, y
        The stage's settings; needed where the rig has more than one stage.
    """

    columns: int = Field(ge=1, le=1000)
    rows: int = Field(ge=1, le=1000)
    step_um: float = Field(gt=0)
    x: SettingName | None = None
    y: SettingName | None = None


class Measure(Spec):
    """How a trial is measured.

    Parameters
    ----------
    grid, fields
        The fields of view, the same in every trial; one of the two. Without both, one field where
        the stage stands.
    repeats
        Frames of each field.
    keep_frames
        ``"all"``, ``"first"`` (the first repeat of each field), or ``"none"``.
    """

    grid: Grid | None = None
    fields: tuple[Settings, ...] | None = Field(default=None, min_length=1)
    repeats: int = Field(default=1, ge=1, le=10_000)
    keep_frames: Literal["all", "first", "none"] = "all"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.grid is not None and self.fields is not None:
            raise ValueError("give either grid or fields")
        if self.fields is not None:
            if any(set(field) != set(self.fields[0]) for field in self.fields):
                raise ValueError("every field must name the same settings")
            if len({tuple(sorted(field.items())) for field in self.fields}) < len(self.fields):
                raise ValueError("a field of view is named twice")
        return self

    @property
    def n_fields(self) -> int:
        """Number of fields of view."""
        if self.grid is not None:
            return self.grid.columns * self.grid.rows
        return len(self.fields) if self.fields is not None else 1


class EstimatorSpec(Spec):
    """How frames become information; the same for all trials of a session."""

    kind: str = "stationary"
    patch_size: int = Field(default=16, ge=1, le=256)
    confidence: float = Field(default=0.95, gt=0, lt=1)


class Objective(Spec):
    """What is maximised: one name, or several for nsga2 and other samplers that take them."""

    maximize: ObjectiveName | tuple[ObjectiveName, ...] = "bits_per_pixel"

    @field_validator("maximize")
    @classmethod
    def _some(cls, value: ObjectiveName | tuple[ObjectiveName, ...]) -> object:
        if not value:
            raise ValueError("name at least one objective")
        if not isinstance(value, str) and len(set(value)) < len(value):
            raise ValueError("an objective is named twice")
        return value

    @property
    def names(self) -> tuple[ObjectiveName, ...]:
        """The objectives in order."""
        return (self.maximize,) if isinstance(self.maximize, str) else self.maximize


class Constraints(Spec):
    """What no trial may exceed.

    Parameters
    ----------
    max_saturated_share
        Largest share of clipped pixels in a trial's frames. It holds with its default value even
        where the file is silent, but only when written does it allow a search over light or time.
    max_exposure_s
        Largest sum of the exposure times of one trial's frames, seconds.
    max_dose_mj
        Largest light energy of one trial: power (one setting in mW) times exposure, millijoules.
    """

    max_saturated_share: float = Field(default=0.001, ge=0, le=1)
    max_exposure_s: float | None = Field(default=None, gt=0)
    max_dose_mj: float | None = Field(default=None, gt=0)

    @property
    def bounds_light(self) -> bool:
        """Whether the file itself bounds what more light or time could bring."""
        return bool(
            self.model_fields_set & {"max_saturated_share", "max_exposure_s", "max_dose_mj"}
        )


class TpeSampler(Spec):
    """Tree-structured Parzen estimator."""

    kind: Literal["tpe"]
    startup_trials: int = Field(default=10, ge=0)
    multivariate: bool = True


class GpSampler(Spec):
    """Gaussian-process Bayesian optimisation."""

    kind: Literal["gp"]
    startup_trials: int = Field(default=10, ge=1)
    deterministic: bool = False


class CmaesSampler(Spec):
    """Covariance matrix adaptation; numeric axes, one objective."""

    kind: Literal["cmaes"]
    startup_trials: int = Field(default=1, ge=0)
    population_size: int | None = Field(default=None, ge=2)


class QmcSampler(Spec):
    """Quasi-Monte Carlo sequence."""

    kind: Literal["qmc"]
    sequence: Literal["sobol", "halton"] = "sobol"
    scramble: bool = True


class RandomSampler(Spec):
    """Independent random settings."""

    kind: Literal["random"]


class Nsga2Sampler(Spec):
    """Genetic algorithm for one or several objectives."""

    kind: Literal["nsga2"]
    population_size: int = Field(default=20, ge=2)


class GridSampler(Spec):
    """Every combination of the values of each axis, in an order shuffled by the seed.

    Parameters
    ----------
    points
        Number of values for each axis that has a range without `step`; evenly spaced, in the
        logarithm where the axis is logarithmic.
    """

    kind: Literal["grid"]
    points: int | dict[SettingName, Annotated[int, Field(ge=1)]] = 5

    @field_validator("points")
    @classmethod
    def _some(cls, value: int | dict[str, int]) -> object:
        if isinstance(value, int) and value < 1:
            raise ValueError(f"{value} points, allowed: 1 or more")
        return value


SamplerSpec: TypeAlias = Annotated[
    TpeSampler | GpSampler | CmaesSampler | QmcSampler | RandomSampler | Nsga2Sampler | GridSampler,
    Field(discriminator="kind"),
]


class Reference(Spec):
    """Fixed settings measured again every k trials, to see drift.

    Parameters
    ----------
    every
        A reference trial follows every so many others.
    settings
        Values of search axes; those not named are as the session found them.
    """

    every: int = Field(ge=1)
    settings: Settings = Field(default_factory=dict)


class Stop(Spec):
    """When the session ends before its last trial; the first one met counts.

    Parameters
    ----------
    frames
        No trial starts that would bring the session's frames above this number.
    wall_s
        No trial starts later than this after the session (or its resumption) began, seconds.
    target
        The session ends when a feasible trial's first objective reaches this.
    failures_in_a_row
        The session ends as FAILED after so many failed trials without one that worked between them.
    """

    frames: int | None = Field(default=None, ge=1)
    wall_s: float | None = Field(default=None, gt=0)
    target: float | None = None
    failures_in_a_row: int = Field(default=3, ge=1)


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
    start
        ``"present"``: the first trial measures the settings as the session found them.
    at_end
        ``"park"``; ``"restore"`` the settings from before the session, or go to the ``"best"``, and
        then park: light goes off in any case.
    """

    spec_version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=200)
    rig: str = Field(min_length=1)
    trials: int = Field(ge=1, le=1_000_000)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    tags: tuple[str, ...] = ()
    note: str = ""
    search: tuple[SearchAxis, ...] = Field(min_length=1)
    fixed: Settings = Field(default_factory=dict)
    start: Literal["present", "none"] = "present"
    at_end: Literal["park", "restore", "best"] = "park"
    measure: Measure = Measure()
    estimator: EstimatorSpec = EstimatorSpec()
    objective: Objective = Objective()
    constraints: Constraints = Constraints()
    sampler: SamplerSpec = TpeSampler(kind="tpe")
    reference: Reference | None = None
    stop: Stop = Stop()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [axis.setting for axis in self.search]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"search: {name} is named twice")
            if name in self.fixed:
                raise ValueError(f'fixed."{name}": {name} is also searched')
        moved = set(self.measure.fields[0]) if self.measure.fields else set()
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
        if len(self.objective.names) > 1 and self.sampler.kind in ("cmaes",):
            raise ValueError(
                "sampler.kind: cmaes takes one objective, allowed: nsga2, tpe, gp, random"
            )
        if self.sampler.kind == "cmaes" and all(axis.choices is not None for axis in self.search):
            raise ValueError(
                "sampler.kind: cmaes needs an axis with a range, allowed: tpe, gp, random"
            )
        if isinstance(self.sampler, GridSampler) and isinstance(self.sampler.points, dict):
            for name in self.sampler.points:
                if name not in names:
                    raise ValueError(f'sampler.points."{name}": {name} is not searched')
        frames = self.measure.n_fields * self.measure.repeats
        if self.stop.frames is not None and self.stop.frames < frames:
            raise ValueError(
                f"stop.frames: {self.stop.frames} frames, allowed: at least {frames},"
                " the frames of one trial"
            )
        return self


def grid_values(axis: SearchAxis, points: int) -> list[float | int | str]:
    """Values of one axis for the grid sampler."""
    if axis.choices is not None:
        return list(axis.choices)
    assert axis.low is not None
    assert axis.high is not None
    if axis.step is not None:
        count = math.floor((axis.high - axis.low) / axis.step + 1e-9) + 1
        return [axis.low + i * axis.step for i in range(count)]
    if points == 1 or axis.low == axis.high:
        return [axis.low]
    shares = [i / (points - 1) for i in range(points)]
    if axis.log:
        ratio = axis.high / axis.low
        return [axis.low * ratio**share for share in shares[:-1]] + [axis.high]
    return [axis.low + (axis.high - axis.low) * share for share in shares]
