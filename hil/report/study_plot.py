"""One picture a domain: information against how well tasks are done, and rank correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from drivers.types import Floats
from hil.errors import InputError
from hil.report.drawing import short, style

_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#8c8c8c"


@dataclass(frozen=True)
class TaskPicture:
    """What is drawn of one task.

    Parameters
    ----------
    name, unit
        Of the task and its score.
    information, x_label
        (K,) what is on the first axis, and its name.
    scores
        (S, K).
    correlations
        Predictor to Spearman's, low, high.
    metrics
        Which predictors are traditional.
    ceiling
        NaN where it is not known.
    """

    name: str
    unit: str
    information: Floats
    x_label: str
    scores: Floats
    correlations: Mapping[str, tuple[float, float, float]]
    metrics: Sequence[str]
    ceiling: float


def draw(title: str, tasks: Sequence[TaskPicture], path: Path) -> None:
    """Draw a row a task.

    Raises
    ------
    InputError
        Where the file cannot be written.
    """
    with style():
        figure = Figure(figsize=(10, 3.4 * len(tasks)), layout="constrained")
        figure.suptitle(short(title, 100), x=0.01, ha="left")
        axes = figure.subplots(len(tasks), 2, squeeze=False, width_ratios=(1, 1.1))
        for (left, right), task in zip(axes, tasks, strict=True):
            _scatter(left, task)
            _bars(right, task)
        try:
            figure.savefig(path, dpi=120)
        except (OSError, ValueError) as error:
            raise InputError("--plot", str(path), f"cannot be written: {error}") from None


def _scatter(axis: Any, task: TaskPicture) -> None:
    mean = task.scores.mean(axis=0)
    spread = np.abs(np.stack([task.scores.min(axis=0), task.scores.max(axis=0)]) - mean)
    axis.errorbar(task.information, mean, spread, fmt="o", ms=4, lw=0.8, color=_BLUE)
    axis.set(xlabel=task.x_label, ylabel=f"{task.name}, {task.unit}")
    axis.set_title("bars: least and most of the seeds", loc="left", color=_GREY, fontsize=8)


def _bars(axis: Any, task: TaskPicture) -> None:
    names = sorted(task.correlations, key=lambda name: task.correlations[name][0])
    for y, name in enumerate(names):
        point, low, high = task.correlations[name]
        colour = _ORANGE if name in task.metrics else _BLUE
        axis.plot([low, high], [y, y], color=colour, lw=1.5)
        axis.plot([point], [y], "o", ms=5, color=colour)
    axis.axvline(0, color=_GREY, lw=0.6)
    if np.isfinite(task.ceiling):
        axis.axvline(task.ceiling, color=_GREY, lw=0.8, ls=":")
    axis.set_yticks(range(len(names)), names)
    axis.set(xlim=(-1.05, 1.05), xlabel="rank correlation, 95 % interval")
    axis.set_title(
        "blue: information, orange: traditional; dotted: ceiling",
        loc="left",
        color=_GREY,
        fontsize=8,
    )
