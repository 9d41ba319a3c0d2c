"""Sessions in one figure: the best so far by what it cost, and what won."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from drivers.types import Floats
from hil.report.course_figures import infeasible
from hil.report.drawing import empty, short, style
from hil.report.material import Material

# Okabe and Ito's, which all eyes tell apart.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_LINES = ("-", "--", "-.", ":")

Spent = Callable[[Material], Floats]
"""What a session had spent after each of its trials."""


def label(material: Material) -> str:
    """Name a session so that two of one name are told apart."""
    return f"{short(material.record.name, 24)} ({material.record.id[:8]})"


def by_frames(sessions: Sequence[Material]) -> Figure:
    """Draw each session's best so far by the frames that it took."""
    return _by_cost(sessions, frames_spent, "frames")


def by_light(sessions: Sequence[Material]) -> Figure:
    """Draw each session's best so far by the light at the sample."""
    return _by_cost(sessions, light_spent, "light at the sample, mJ")


def frames_spent(material: Material) -> Floats:
    """Frames taken up to each trial, those of failed ones included."""
    return _running(material.trials["n_frames"])


def light_spent(material: Material) -> Floats:
    """Light up to each trial, mJ; empty where no trial knows of any."""
    dose = material.trials["dose_mj"]
    return _running(dose) if dose.notna().any() else np.zeros(0)


def best_so_far(material: Material, spent: Floats) -> tuple[Floats, Floats]:
    """Best first objective of trials that keep all constraints, and what was spent by then."""
    done = material.complete
    done = done[~done["number"].isin(infeasible(material))]
    places = np.searchsorted(material.trials["number"].to_numpy(), done["number"].to_numpy())
    return spent[places], np.maximum.accumulate(done["value"].to_numpy(dtype=float))


def _running(values: pd.Series[Any]) -> Floats:
    known: Floats = pd.to_numeric(values, errors="coerce").fillna(0).to_numpy(dtype=float)
    return np.cumsum(known)


def _by_cost(sessions: Sequence[Material], spent: Spent, what: str) -> Figure:
    """Draw one axis an objective: numbers of two have nothing in common."""
    drawn = [(place, one, spent(one)) for place, one in enumerate(sessions)]
    drawn = [(place, one, cost) for place, one, cost in drawn if len(cost) and len(one.complete)]
    if not drawn:
        return empty(f"no session knows of {what.partition(',')[0]}")
    names = list(dict.fromkeys(one.result.objective for _, one, _ in drawn))
    with style():
        figure = Figure(figsize=(9, 3.4 * len(names)), layout="constrained")
        for axis, name in zip(figure.subplots(len(names), squeeze=False)[:, 0], names, strict=True):
            for place, one, cost in drawn:
                if one.result.objective != name:
                    continue
                colour, line = _look(place)
                x, y = best_so_far(one, cost)
                if not len(x):
                    continue
                # level from the last improvement to the end of what was spent
                axis.step([*x, cost[-1]], [*y, y[-1]], where="post", lw=1.4, color=colour, ls=line,
                          label=label(one))  # fmt: skip
            axis.set(xlabel=what, ylabel=f"best so far, {short(name, 24)}", xlim=(0, None))
            if axis.has_data():
                axis.legend(fontsize=8, loc="lower right")
    return figure


def winners(sessions: Sequence[Material]) -> Figure:
    """Draw what won in each session, with its interval."""
    drawn = [
        (place, one, one.result.winner or one.result.best) for place, one in enumerate(sessions)
    ]
    if all(best is None for _, _, best in drawn):
        return empty("no session has a best trial")
    names = list(dict.fromkeys(one.result.objective for _, one, best in drawn if best is not None))
    with style():
        figure = Figure(figsize=(9, len(names) * (0.9 + 0.3 * len(sessions))), layout="constrained")
        for axis, name in zip(figure.subplots(len(names), squeeze=False)[:, 0], names, strict=True):
            here = [
                (place, one, best)
                for place, one, best in drawn
                if best is not None and one.result.objective == name
            ]
            for line, (place, _, best) in enumerate(here):
                colour, _ = _look(place)
                axis.plot([best.ci_low, best.ci_high], [line, line], color=colour, lw=2)
                axis.plot(best.objective, line, "o", color=colour, ms=6)
            axis.set_yticks(range(len(here)), [label(one) for _, one, _ in here])
            axis.set(xlabel=short(name), ylim=(len(here) - 0.5, -0.5))
    return figure


def _look(place: int) -> tuple[str, str]:
    return _COLOURS[place % len(_COLOURS)], _LINES[place // len(_COLOURS) % len(_LINES)]
