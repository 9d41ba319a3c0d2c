"""Designs made once a seed, and judged by decoders that learn afresh.

Nobody who designs sees a scene that judges. Differences are paired: all designs meet the same
seeds, scenes and noise; intervals are a bootstrap over seeds and held-out scenes. A design is as
good as another where the interval of their difference lies above minus 5 % of the range of the
family's scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from drivers.types import Floats
from hil.study.cache import CellCache
from hil.study.cell import judged, score
from hil.study.design.effort import Effort
from hil.study.design.end_to_end import end_to_end
from hil.study.design.information import by_gradient, by_trials
from hil.study.design.problem import Problem
from hil.study.domain import Domain, Setting, Size, Task
from hil.study.labels import LabelCurve, told_by_labels
from hil.study.prediction import Prediction
from hil.study.ranks import Losses

GRADIENT, TRIALS, CONVENTIONAL = (
    "information, by gradient",
    "information, by trials",
    "conventional",
)
_SEED = 13
_CONFIDENCE = 0.95
Made = Mapping[str, Any]


@dataclass(frozen=True)
class DesignScore:
    """How well one design does one task.

    Parameters
    ----------
    score
        Mean over seeds, bits or dB.
    against
        Of the task's own end-to-end design: the difference, and its interval.
    """

    score: float
    against: tuple[float, float, float]


@dataclass(frozen=True)
class DesignStudy:
    """What was found.

    Parameters
    ----------
    made
        By name of the design, seed by seed: setting, CPU seconds, operations, memory, labels.
    scores
        By task, by design.
    ranges
        By task: best less worst of the family.
    units
        By task.
    labels
        Of each design, for the first task that has labels.
    """

    made: Mapping[str, Sequence[Made]]
    scores: Mapping[str, Mapping[str, DesignScore]]
    ranges: Mapping[str, float]
    units: Mapping[str, str]
    labels: Sequence[LabelCurve]


def own_design(task: str) -> str:
    """Name the design that learnt a task end to end."""
    return f"end to end, {task}"


def design_study(
    problem: Problem,
    size: Size,
    effort: Effort,
    prediction: Prediction,
    cells: CellCache,
    said: Callable[[str], None],
) -> DesignStudy:
    """Make and judge all designs.

    Parameters
    ----------
    problem
        What is designed.
    size, effort
        How many scenes and seeds, and how much tuning.
    prediction
        Of the family: its ranges, and what its best traditional metric would choose.
    cells
        What is known already.
    said
        Told how it goes on.
    """
    domain, made = problem.domain, dict[str, list[Made]]()
    for seed in range(size.seeds):
        for name, design in _ways(problem, seed, size, effort, prediction):
            question = _question(domain, seed, size) | {"by": name, "effort": asdict(effort)}
            if isinstance(design, Mapping):
                one: Made = {"setting": dict(design)}
            else:
                one, known = cells.get(question, design)
                source = "known" if known else f"{one['cpu_s']:.1f} CPU s"
                said(f"seed {seed + 1} of {size.seeds}: {name} ({source})")
            made.setdefault(name, []).append(one)
    tasks = {task.name: _compared(domain, task, made, size, cells, said) for task in domain.tasks}
    scores = {name: found.scores.mean(axis=0) for name, found in prediction.tasks.items()}
    return DesignStudy(
        made,
        tasks,
        {name: float(np.ptp(mean)) for name, mean in scores.items()},
        {name: found.unit for name, found in prediction.tasks.items()},
        list(_labels(domain, made, size, cells)),
    )


def _ways(
    problem: Problem, seed: int, size: Size, effort: Effort, prediction: Prediction
) -> Iterator[tuple[str, Setting | Callable[[], Made]]]:
    yield CONVENTIONAL, problem.conventional
    for metric in _best_metrics(prediction):
        yield f"best {metric} of the family", _most(prediction, metric)
    yield GRADIENT, partial(by_gradient, problem, seed, size, effort)
    yield TRIALS, partial(by_trials, problem, seed, size, effort)
    for task in problem.domain.tasks:
        yield own_design(task.name), partial(end_to_end, problem, task, seed, size, effort)


def _best_metrics(prediction: Prediction) -> list[str]:
    return sorted({found.ranking.best_metric for found in prediction.tasks.values()})


def _most(prediction: Prediction, metric: str) -> Setting:
    values = next(iter(prediction.tasks.values())).predictors[metric]
    return prediction.settings[int(np.argmax(values))]


def _question(domain: Domain, seed: int, size: Size) -> dict[str, Any]:
    return {"domain": domain.name, "seed": seed, "scenes": [size.learn, size.held]}


def _compared(
    domain: Domain,
    task: Task,
    made: Mapping[str, Sequence[Made]],
    size: Size,
    cells: CellCache,
    said: Callable[[str], None],
) -> dict[str, DesignScore]:
    names = list(made)
    found: list[list[Mapping[str, Any]]] = []
    for seed in range(size.seeds):
        own = []
        for name in names:
            setting = made[name][seed]["setting"]
            question = _question(domain, seed, size) | {"judged": setting, "task": task.name}
            own.append(cells.get(question, partial(_judged, domain, task, setting, seed, size))[0])
        found.append(own)
    said(f"{task.name}: judged")
    base = float(np.mean([own[0]["base"] for own in found]))
    losses = Losses(
        [np.array([one["loss"] for one in own]) for own in found],
        [np.array(own[0]["size"], dtype=np.float64) for own in found],
        lambda loss: score(task.kind, loss, base),
    )
    means, against = losses.scores().mean(axis=0), names.index(own_design(task.name))
    drawn = _drawn(losses, size)
    ends = np.quantile(
        drawn - drawn[:, [against]], (0.5 - _CONFIDENCE / 2, 0.5 + _CONFIDENCE / 2), axis=0
    )
    return {
        name: DesignScore(
            float(means[k]),
            (float(means[k] - means[against]), float(ends[0, k]), float(ends[1, k])),
        )
        for k, name in enumerate(names)
    }


def _drawn(losses: Losses, size: Size) -> Floats:
    rng, n = np.random.default_rng(_SEED), len(losses.size)
    return np.stack(
        [
            losses.resampled([int(rng.integers(n)) for _ in range(n)], rng)
            for _ in range(size.resampled)
        ]
    )


def _judged(
    domain: Domain, task: Task, setting: Setting, seed: int, size: Size
) -> Mapping[str, Any]:
    return judged(task, domain.observe(setting, seed, size)[task.name], seed)


def _labels(
    domain: Domain, made: Mapping[str, Sequence[Made]], size: Size, cells: CellCache
) -> Iterator[LabelCurve]:
    task = next((one for one in domain.tasks if one.kind == "label"), None)
    if task is None:
        return
    for name, own in made.items():
        each = []
        for seed, one in enumerate(own):
            question = _question(domain, seed, size) | {"labels of": one["setting"]}
            answer = partial(told_by_labels, domain, task, one["setting"], seed, size)
            each.append(cells.get(question, answer)[0])
        bits = np.mean([curve["bits"] for curve in each], axis=0)
        yield LabelCurve(name, own[0]["setting"], each[0]["scenes"], bits.tolist())
