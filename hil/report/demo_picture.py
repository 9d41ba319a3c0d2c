"""The picture that ``hil demo`` leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from hil.report.drawing import style

if TYPE_CHECKING:
    from hil.session.result import SessionResult
    from hil.store import Database

_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#8c8c8c"


def draw(
    database: Database, result: SessionResult, residual_nm: Mapping[int, float], path: Path
) -> None:
    """Draw frames, information, settings and residual aberration of a demo session.

    Parameters
    ----------
    database
        Holds the session.
    result
        Of the session; it has a best trial.
    residual_nm
        Trial number to wavefront error, nm rms.
    path
        A ``.png`` file.
    """
    assert result.best is not None
    trials = database.trials(result.session_id, where=["state = COMPLETE"], sort="number")
    numbers = trials["number"].to_numpy()
    best = result.best.number
    with style():
        figure = Figure(figsize=(11, 7.5), layout="constrained")
        axes = figure.subplot_mosaic("abi;sse")
        _frames(axes["a"], axes["b"], database, trials, result)
        _information(axes["i"], trials, best)
        _settings(axes["s"], trials, result.best_settings)
        error = axes["e"]
        error.plot(numbers, [residual_nm[n] for n in numbers], ".", color=_GREY)
        label = f"best: {residual_nm[best]:.0f} nm"
        error.plot(best, residual_nm[best], "o", color=_ORANGE, label=label)
        error.set(xlabel="trial", ylabel="residual aberration, nm rms", ylim=(0, None))
        error.set_title("What the simulator alone knows", loc="left")
        error.legend(frameon=False)
        figure.savefig(path, dpi=120)


def same_place(
    taken: Mapping[int, Sequence[int] | None], first: int, alike: Sequence[int]
) -> list[tuple[int, int]]:
    """Find a frame of the first trial and one of the best settings that show one place.

    Parameters
    ----------
    taken
        Trial number to the fields of view of its frames; None where it has all of them in order.
    first
        The first trial.
    alike
        Trials at the best settings, the best of them first.

    Returns
    -------
    (trial number, index of the frame) of the first trial, and of one of those alike; where none of
    them shows the first one's place, the best one's own first frame.
    """
    field = (taken[first] or [0])[0]
    for number in alike:
        fields = taken[number]
        if fields is None:
            return [(first, 0), (number, field)]
        if field in fields:
            return [(first, 0), (number, list(fields).index(field))]
    return [(first, 0), (alike[0], 0)]


def _frames(left: Any, right: Any, database: Database, trials: Any, result: SessionResult) -> None:
    assert result.best is not None
    best, session_id = result.best.number, result.session_id
    requested = dict(zip(trials["number"], trials["requested"], strict=True))
    alike = [best, *(n for n in requested if n != best and requested[n] == requested[best])]
    estimates = database.estimates(session_id).drop_duplicates("number").set_index("number")
    taken = {n: estimates["details"][n].get("fields") for n in requested}
    first = int(trials["number"].iloc[0])
    before, after = (
        database.frames(session_id, number)[place, 0].astype(float)
        for number, place in same_place(taken, first, alike)
    )
    low, high = np.percentile(after, (0.5, 99.8))
    for axis, image, title in (
        (left, before, f"First frame (trial {first})"),
        (right, after, f"Best frame (trial {best})"),
    ):
        axis.imshow(image, cmap="gray", vmin=low, vmax=high)
        axis.set_title(title, loc="left")
        axis.set_axis_off()


def _information(axis: Any, trials: Any, best: int) -> None:
    numbers, bits = trials["number"].to_numpy(), trials["objective"].to_numpy()
    below = bits - trials["ci_low"].to_numpy()
    above = trials["ci_high"].to_numpy() - bits
    style = {"fmt": ".", "elinewidth": 0.7}
    axis.errorbar(numbers, bits, (below, above), color=_GREY, ecolor="#cccccc", **style)
    axis.plot(numbers, np.maximum.accumulate(bits), color=_BLUE, lw=1, label="best so far")
    axis.plot(best, bits[numbers == best], "o", color=_ORANGE, label=f"best: trial {best}")
    axis.set(xlabel="trial", ylabel="information, bits per pixel")
    axis.set_title("Information, with 95 % intervals", loc="left")
    axis.legend(frameon=False)


def _settings(axis: Any, trials: Any, searched: Mapping[str, Any]) -> None:
    numbers = trials["number"].to_numpy()
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.9, len(searched)))
    for name, colour in zip(searched, colours, strict=True):
        axis.plot(numbers, trials[name].to_numpy(), ".", ms=4, color=colour, label=name)
    axis.set(xlabel="trial", ylabel="nm rms")
    axis.set_title("Settings proposed", loc="left")
    axis.legend(ncols=4, fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.15))
