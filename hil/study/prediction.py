"""Part a: settings at a fixed budget, and what ranks them as their tasks do."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from drivers.types import Floats
from hil.records.estimate import making_wrong
from hil.study.cache import CellCache
from hil.study.cell import TARGET, Cell, measure, score
from hil.study.domain import Domain, Setting, Size
from hil.study.ranks import Losses, Ranking, correlations, rank

_SEED = 11
_FEWEST = 3  # settings that a rank correlation says anything of


@dataclass(frozen=True)
class TaskResult:
    """What was found for one task.

    Parameters
    ----------
    ranking
        Of all predictors.
    predictors
        (K,) each, by name, the mean over seeds.
    scores
        (S, K) bits told about the label, or dB.
    unit
        Of the scores.
    flags
        Of information, each with the numbers of the settings where any seed's reading has it.
    unbarred
        Rank correlation of `Domain.best_form` at the settings that no flag would keep from winning
        a session; NaN where fewer than three are left.
    """

    ranking: Ranking
    predictors: Mapping[str, Floats]
    scores: Floats
    unit: str
    flags: Mapping[str, Sequence[int]] = field(default_factory=dict)
    unbarred: float = math.nan


@dataclass(frozen=True)
class Prediction:
    """What was found, and the settings it was found at.

    Parameters
    ----------
    settings
        K of them.
    cells
        For each setting, its cells seed by seed.
    tasks
        By name.
    cpu_s
        That all cells took when they were measured.
    """

    settings: Sequence[Setting]
    cells: Sequence[Sequence[Cell]]
    tasks: Mapping[str, TaskResult]
    cpu_s: float


def predict(
    domain: Domain,
    size: Size,
    cells: CellCache,
    said: Callable[[str], None],
    each: Callable[[int, Setting, Sequence[Cell]], None] = lambda number, setting, found: None,
) -> Prediction:
    """Measure all settings, and rank.

    Parameters
    ----------
    domain
        The family.
    size
        How much is measured.
    cells
        What is known already.
    said
        Told how it goes on.
    each
        Given each setting with its cells as soon as they are there.
    """
    settings = domain.settings(size.settings)
    measured: list[list[Cell]] = []
    for number, setting in enumerate(settings):
        own, known = [], 0
        for seed in range(size.seeds):
            question = {
                "domain": domain.name,
                "setting": dict(setting),
                "seed": seed,
                "scenes": [size.learn, size.held],
            }
            cell, was_known = cells.get(question, partial(measure, domain, setting, seed, size))
            own.append(cell)
            known += was_known
        measured.append(own)
        each(number, setting, own)
        spent = sum(cell["cpu_s"] for cell in own)
        source = "known" if known == size.seeds else f"{spent:.1f} CPU s"
        said(f"{number + 1} of {len(settings)} settings ({source})")
    tasks = {
        task.name: _task(domain, task.name, task.kind, measured, size) for task in domain.tasks
    }
    cpu_s = float(sum(cell["cpu_s"] for own in measured for cell in own))
    return Prediction(settings, measured, tasks, cpu_s)


def _task(
    domain: Domain, name: str, kind: str, measured: Sequence[Sequence[Cell]], size: Size
) -> TaskResult:
    def each(value: Callable[[Cell], float]) -> Floats:
        return np.array([[value(own[s]) for own in measured] for s in range(size.seeds)])

    forms = list(measured[0][0]["information"][name])
    metrics = list(measured[0][0]["metrics"])
    predictors = {
        form: each(lambda cell, form=form: cell["information"][name][form])  # type: ignore[misc]
        for form in forms
    }
    predictors |= {
        metric: each(lambda cell, metric=metric: cell["metrics"][metric])  # type: ignore[misc]
        for metric in metrics
    }
    first = [measured[0][s]["tasks"][name] for s in range(size.seeds)]
    base = float(np.mean([one["base"] for one in first]))
    losses = Losses(
        [np.array([own[s]["tasks"][name]["loss"] for own in measured]) for s in range(size.seeds)],
        [np.array(one["size"], dtype=np.float64) for one in first],
        lambda loss: score(kind, loss, base),
    )
    ranking = rank(
        predictors,
        metrics,
        domain.best_form,
        TARGET,
        losses,
        size.resampled,
        np.random.default_rng(_SEED),
    )
    means = {key: value.mean(axis=0) for key, value in predictors.items()}
    flags, scores = _flags(name, measured), losses.scores()
    unbarred = _unbarred(means[domain.best_form], scores.mean(axis=0), flags)
    return TaskResult(ranking, means, scores, "bits" if kind == "label" else "dB", flags, unbarred)


def _flags(name: str, measured: Sequence[Sequence[Cell]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, own in enumerate(measured):
        for flag in sorted({flag for cell in own for flag in cell["flags"][name]}):
            found.setdefault(flag, []).append(number)
    return found


def _unbarred(values: Floats, scores: Floats, flags: Mapping[str, Sequence[int]]) -> float:
    kept = np.ones(len(values), dtype=np.bool_)
    for flag in making_wrong(flags):
        kept[list(flags[flag])] = False
    if kept.sum() < _FEWEST:
        return math.nan
    return float(correlations(values[kept][None], scores[kept])[0])
