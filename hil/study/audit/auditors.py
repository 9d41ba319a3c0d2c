"""A neural density and a U-Net at a few settings, and whether they rank them as the study does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from drivers.types import Floats
from hil.errors import HilError
from hil.information.estimate import estimate_information
from hil.study.cache import CellCache
from hil.study.cell import form_of, judged, patch_of, score
from hil.study.domain import Domain, Observed, Setting, Size, Task
from hil.study.prediction import Prediction
from hil.study.ranks import correlations

_EPOCHS = 40
_SEED = 0  # of the draw that is audited


@dataclass(frozen=True)
class TaskAudit:
    """What a U-Net says of a task.

    Parameters
    ----------
    scores, decoders
        Of each audited setting, by the U-Net and by the study's decoders from the same draw: bits
        told about the label, or dB.
    agreement
        Rank correlation of both.
    by_information
        Of the U-Net's scores with the study's information.
    """

    scores: Sequence[float]
    decoders: Sequence[float]
    agreement: float
    by_information: float


@dataclass(frozen=True)
class Audit:
    """What auditors say.

    Parameters
    ----------
    numbers
        Of the audited settings, in the family, by rank of information.
    pixelcnn
        Of each, `Domain.best_form` by that estimator; NaN where it refused.
    information
        Likewise by the study's.
    agreement
        Rank correlation of both.
    refused
        Why, where the estimator did.
    tasks
        By name; tasks whose rows are no images are not there.
    """

    numbers: Sequence[int]
    pixelcnn: Sequence[float]
    information: Sequence[float]
    agreement: float
    refused: str
    tasks: Mapping[str, TaskAudit]


def audit(
    domain: Domain,
    size: Size,
    prediction: Prediction,
    cells: CellCache,
    said: Callable[[str], None],
) -> Audit | None:
    """Ask them; None where the size audits nothing.

    Parameters
    ----------
    domain, size
        Of the study.
    prediction
        What was found: settings are spread over its ranks of information.
    cells
        What is known already.
    said
        Told how it goes on.
    """
    if not size.audited:
        return None
    first = domain.tasks[0].name
    information = prediction.tasks[first].predictors[domain.best_form]
    numbers = spread_over(information, size.audited)
    found = []
    for turn, number in enumerate(numbers):
        setting = prediction.settings[number]
        question = {
            "domain": domain.name,
            "audit of": dict(setting),
            "scenes": [size.learn, size.held],
        }
        cell, _ = cells.get(question, partial(_measure, domain, setting, size))
        found.append(cell)
        said(f"audited {turn + 1} of {len(numbers)} settings")
    density = np.array([_number(cell["information"].get(domain.best_form)) for cell in found])
    own = information[numbers]
    return Audit(
        numbers,
        density.tolist(),
        own.tolist(),
        _agreement(density, own),
        next((cell["refused"] for cell in found if cell["refused"]), ""),
        {task.name: _task(task, found, own) for task in domain.tasks if found[0][task.name]},
    )


def spread_over(values: Floats, n: int) -> list[int]:
    """Give n of the settings, or all that there are, evenly spread over the ranks of values."""
    order = np.argsort(values, kind="stable")
    places = np.linspace(0, len(order) - 1, min(n, len(order))).round().astype(int)
    return [int(order[place]) for place in places]


def _measure(domain: Domain, setting: Setting, size: Size) -> dict[str, Any]:
    observed = domain.observe(setting, _SEED, size)
    bits, refused = _by_density(observed[domain.tasks[0].name])
    found: dict[str, Any] = {"information": bits, "refused": refused}
    for task in domain.tasks:
        found[task.name] = _by_network(task, observed[task.name])
    return found


def _by_density(one: Observed) -> tuple[dict[str, float], str]:
    try:
        found = estimate_information(one.frames, one.noise, "pixelcnn", patch_of(one))
    except HilError as error:
        return {}, str(error)
    return form_of(found.bits_per_pixel, one), ""


def _by_network(task: Task, one: Observed) -> dict[str, float]:
    """Score of the U-Net and of the study's decoders; nothing where rows are no images."""
    from hil.study.audit.unet import unet_losses

    if one.learn.image is None:
        return {}
    decoders = judged(task, one, _SEED)
    losses, epoch = unet_losses(task, one.learn, one.held, _SEED, _EPOCHS)
    base = decoders["base"]
    mean = np.average(decoders["loss"], weights=decoders["size"])
    return {
        "unet": float(score(task.kind, losses.mean(), base)),
        "decoders": float(score(task.kind, mean, base)),
        "epoch": epoch,
    }


def _task(task: Task, found: Sequence[Mapping[str, Any]], information: Floats) -> TaskAudit:
    scores, decoders = (
        np.array([cell[task.name][key] for cell in found]) for key in ("unet", "decoders")
    )
    return TaskAudit(
        scores.tolist(),
        decoders.tolist(),
        _agreement(scores, decoders),
        _agreement(information, scores),
    )


def _agreement(values: Floats, others: Floats) -> float:
    there = np.isfinite(values) & np.isfinite(others)
    if there.sum() < 2:
        return math.nan
    return float(correlations(values[there][None], others[there])[0])


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
