"""The session file's samplers as Optuna's.

Every ask gets a fresh sampler, so that a proposal depends on (spec, rows, number) alone: what a
sampler must remember lies in the rows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Protocol, runtime_checkable

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import (
    BaseSampler,
    GPSampler,
    GridSampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from optuna.study import Study
from optuna.trial import FrozenTrial, create_trial

from drivers.types import Value
from hil import spec
from hil.proposer.attributes import FIELDS_ATTR, SD_ATTR
from hil.proposer.distributions import distribution, inside
from hil.records.knowledge import EarlierSession
from hil.spec.axis import grid_values


def ask_seed(seed: int, number: int) -> int:
    """Seed of one ask, from the session's seed and the trial's number."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


@dataclass(frozen=True, slots=True)
class Ask:
    """What one ask knows besides the sampler's table.

    Parameters
    ----------
    axes, integers
        The search space, and which of its settings take integers; only the grid needs them.
    session_seed
        The session's; QMC and grid keep it, since their sequence is one.
    number
        The trial's.
    start
        The settings that the session found; None where they are not measured.
    repair
        Brings settings inside limits that span several axes.
    reach
        How far around `start` a star reaches, as a share of the half-range; None for the usual.
    earlier
        Sessions whose trials tell of this one.
    """

    axes: Sequence[spec.SearchAxis]
    integers: frozenset[str]
    session_seed: int
    number: int
    start: Mapping[str, Value] | None = None
    repair: Callable[[Mapping[str, Value]], Mapping[str, Value]] | None = None
    earlier: Sequence[EarlierSession] = ()
    reach: float | None = None

    @property
    def seed(self) -> int:
        """Seed of this ask alone."""
        return ask_seed(self.session_seed, self.number)


@runtime_checkable
class Prefers(Protocol):
    """A sampler that has a model of the objective, and can name the best by it."""

    def preferred(
        self, study: Study, search_space: Mapping[str, BaseDistribution], number: int
    ) -> dict[str, Any] | None:
        """Give the settings that the model takes for the best, measured or not."""
        ...

    def leaders(
        self, study: Study, search_space: Mapping[str, BaseDistribution]
    ) -> list[dict[str, Any]]:
        """List the measured settings, the best by the model first."""
        ...

    def differences(
        self,
        study: Study,
        search_space: Mapping[str, BaseDistribution],
        settings: Mapping[str, Any],
        others: Sequence[Mapping[str, Any]],
        leave_out: Collection[int],
    ) -> list[tuple[float, float]] | None:
        """Say how much more settings bring than each of others, and how sure that is."""
        ...


def make_sampler(sampler: spec.SamplerSpec, ask: Ask) -> BaseSampler:
    """Build the sampler for one ask, by the function that is registered for its table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return built(sampler, ask)


@singledispatch
def built(sampler: spec.SamplerSpec, ask: Ask) -> BaseSampler:
    """Build a sampler of Optuna's from its table; one function for each kind, registered below."""
    raise NotImplementedError(f"no sampler is built for {type(sampler).__name__}")


@built.register(spec.AutoSampler)
@built.register(spec.ModelSampler)
def _(sampler: spec.SamplerSpec, ask: Ask) -> BaseSampler:
    from hil.proposer.auto import InformationSampler

    space = {
        axis.setting: distribution(axis, integer=axis.setting in ask.integers) for axis in ask.axes
    }
    return InformationSampler(
        search_space=space,
        present=ask.start,
        allowed=ask.repair,
        seed=ask.session_seed,
        **({} if ask.reach is None else {"reach": ask.reach}),
        earlier=[(earlier_trials(one, space), one.doubt) for one in ask.earlier],
    )


def earlier_trials(
    session: EarlierSession, space: Mapping[str, BaseDistribution]
) -> list[FrozenTrial]:
    """Turn the trials of an earlier session, those inside the space, into Optuna's."""
    return [
        create_trial(
            params=dict(trial.settings),
            distributions=dict(space),
            values=list(trial.values),
            user_attrs={SD_ATTR: trial.sd, FIELDS_ATTR: list(trial.fields)},
        )
        for trial in session.trials
        if inside(space, list(space), trial.settings)
    ]


@built.register
def _(sampler: spec.TpeSampler, ask: Ask) -> BaseSampler:
    return TPESampler(
        n_startup_trials=sampler.startup_trials, multivariate=sampler.multivariate, seed=ask.seed
    )


@built.register
def _(sampler: spec.GpSampler, ask: Ask) -> BaseSampler:
    return GPSampler(
        n_startup_trials=sampler.startup_trials,
        deterministic_objective=sampler.deterministic,
        warn_independent_sampling=False,
        seed=ask.seed,
    )


@built.register
def _(sampler: spec.CmaesSampler, ask: Ask) -> BaseSampler:
    from hil.proposer.cmaes_state import NumericCmaEsSampler  # brings scipy.stats: 0.4 s

    return NumericCmaEsSampler(
        n_startup_trials=sampler.startup_trials,
        popsize=sampler.population_size,
        warn_independent_sampling=False,
        seed=ask.seed,
    )


@built.register
def _(sampler: spec.QmcSampler, ask: Ask) -> BaseSampler:
    return QMCSampler(
        qmc_type=sampler.sequence,
        scramble=sampler.scramble,
        independent_sampler=RandomSampler(seed=ask.seed),
        warn_independent_sampling=False,
        seed=ask.session_seed,
    )


@built.register
def _(sampler: spec.RandomSampler, ask: Ask) -> BaseSampler:
    return RandomSampler(seed=ask.seed)


@built.register
def _(sampler: spec.Nsga2Sampler, ask: Ask) -> BaseSampler:
    return NSGAIISampler(population_size=sampler.population_size, seed=ask.seed)


@built.register
def _(sampler: spec.GridSampler, ask: Ask) -> BaseSampler:
    return GridSampler(grid_of(sampler, ask.axes, ask.integers), seed=ask.session_seed)


def grid_of(
    sampler: spec.GridSampler, axes: Sequence[spec.SearchAxis], integers: frozenset[str]
) -> dict[str, list[float | int | str]]:
    """Every axis with its values."""
    points = sampler.points
    grid = {}
    for axis in axes:
        count = points if isinstance(points, int) else points.get(axis.setting, 5)
        values = grid_values(axis, count)
        if axis.setting in integers:
            values = sorted({round(float(value)) for value in values})
        grid[axis.setting] = values
    return grid


def grid_size(
    sampler: spec.GridSampler, axes: Sequence[spec.SearchAxis], integers: frozenset[str]
) -> int:
    """Count the points of the grid."""
    return math.prod(len(values) for values in grid_of(sampler, axes, integers).values())
