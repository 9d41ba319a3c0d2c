"""The session file's samplers as Optuna's.

Every ask gets a fresh sampler, so that a proposal depends on (spec, rows, number) alone: what a
sampler must remember lies in the rows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
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

from hil import spec
from hil.proposer.cmaes_state import NumericCmaEsSampler
from hil.spec.axis import grid_values


def ask_seed(seed: int, number: int) -> int:
    """Seed of one ask, from the session's seed and the trial's number."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


def make_sampler(
    sampler: spec.SamplerSpec,
    axes: Sequence[spec.SearchAxis],
    integers: frozenset[str],
    seed: int,
    number: int,
) -> BaseSampler:
    """Build the sampler for one ask.

    Parameters
    ----------
    sampler
        From the session file.
    axes, integers
        The search space, and which of its settings take integers; only the grid needs them.
    seed
        The session's; QMC and grid keep it, since their sequence is one.
    number
        The trial's.
    """
    own = ask_seed(seed, number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        match sampler:
            case spec.TpeSampler():
                return TPESampler(
                    n_startup_trials=sampler.startup_trials,
                    multivariate=sampler.multivariate,
                    seed=own,
                )
            case spec.GpSampler():
                return GPSampler(
                    n_startup_trials=sampler.startup_trials,
                    deterministic_objective=sampler.deterministic,
                    warn_independent_sampling=False,
                    seed=own,
                )
            case spec.CmaesSampler():
                return NumericCmaEsSampler(
                    n_startup_trials=sampler.startup_trials,
                    popsize=sampler.population_size,
                    warn_independent_sampling=False,
                    seed=own,
                )
            case spec.QmcSampler():
                return QMCSampler(
                    qmc_type=sampler.sequence,
                    scramble=sampler.scramble,
                    independent_sampler=RandomSampler(seed=own),
                    warn_independent_sampling=False,
                    seed=seed,
                )
            case spec.RandomSampler():
                return RandomSampler(seed=own)
            case spec.Nsga2Sampler():
                return NSGAIISampler(population_size=sampler.population_size, seed=own)
            case spec.GridSampler():
                return GridSampler(grid_of(sampler, axes, integers), seed=seed)


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
