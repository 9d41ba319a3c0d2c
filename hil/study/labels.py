"""Part d: how well a label is told, against the number of scenes that decoders learn from.

Settings of the family are compared: the one with most information, the one that the best
traditional metric would choose if that is another, and the one in the middle by information. Which
metric is the best was found on all data, which favours it; held-out scenes judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.study.cache import CellCache
from hil.study.cell import judged, score
from hil.study.domain import Domain, Observed, Setting, Side, Size, Task
from hil.study.prediction import Prediction

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)


@dataclass(frozen=True)
class LabelCurve:
    """Of one setting.

    Parameters
    ----------
    chosen_by
        Which predictor names it.
    setting
        Its settings.
    scenes
        Labelled scenes that decoders learnt from.
    bits
        Told about the label, mean over seeds, for each number of scenes.
    """

    chosen_by: str
    setting: Setting
    scenes: Sequence[int]
    bits: Sequence[float]

    def scenes_for(self, bits: float) -> float:
        """Say how many labelled scenes bring this much, between those tried; NaN if none do."""
        reached = np.maximum.accumulate(self.bits)
        if reached[-1] < bits:
            return float("nan")
        return float(np.exp(np.interp(bits, reached, np.log(self.scenes))))


def label_curves(
    domain: Domain,
    size: Size,
    prediction: Prediction,
    cells: CellCache,
    said: Callable[[str], None],
) -> list[LabelCurve]:
    """Measure them for the first task that has labels; none where no task has."""
    task = next((one for one in domain.tasks if one.kind == "label"), None)
    if task is None:
        return []
    found = []
    for chosen_by, number in _chosen(domain, task, prediction):
        setting = prediction.settings[number]
        each = []
        for seed in range(size.seeds):
            question = {
                "domain": domain.name,
                "setting": dict(setting),
                "seed": seed,
                "scenes": [size.learn, size.held],
                "labels": list(SHARES),
            }
            answer = partial(told_by_labels, domain, task, setting, seed, size)
            each.append(cells.get(question, answer)[0])
        bits = np.mean([one["bits"] for one in each], axis=0)
        found.append(LabelCurve(chosen_by, setting, each[0]["scenes"], bits.tolist()))
        said(f"labels: the setting by {chosen_by}")
    return found


def _chosen(domain: Domain, task: Task, prediction: Prediction) -> Iterator[tuple[str, int]]:
    own = prediction.tasks[task.name]
    information = own.predictors[domain.best_form]
    metric = own.ranking.best_metric
    most, other = int(np.argmax(information)), int(np.argmax(own.predictors[metric]))
    if most == other:
        yield f"most {domain.best_form}, best {metric}", most
    else:
        yield f"most {domain.best_form}", most
        yield f"best {metric}", other
    yield "middle of the family", int(np.argsort(information)[len(information) // 2])


def told_by_labels(
    domain: Domain, task: Task, setting: Setting, seed: int, size: Size
) -> Mapping[str, Any]:
    """Give numbers of labelled scenes, and bits told by decoders that learnt from so many."""
    observed = domain.observe(setting, seed, size)[task.name]
    scenes = np.unique(observed.learn.scene)
    mixed = np.random.default_rng([seed, 2]).permutation(scenes)
    numbers = [max(8, round(share * scenes.size)) for share in SHARES]
    bits = [_bits(task, observed, mixed[:number], seed) for number in numbers]
    return {"scenes": numbers, "bits": bits}


def _bits(task: Task, observed: Observed, scenes: NDArray[Any], seed: int) -> float:
    there = np.isin(observed.learn.scene, scenes)
    learn = observed.learn
    few = replace(
        observed, learn=Side(learn.rows[there], learn.truth[there], learn.scene[there], learn.image)
    )
    one = judged(task, few, seed)
    loss = np.average(one["loss"], weights=one["size"])
    return float(score(task.kind, loss, one["base"]))
