"""What other searches would have come to, as it passes to who prints and draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How well trials are predicted that the model was not told.

    Parameters
    ----------
    rms
        Of the prediction's error, in the objective's unit.
    spread
        Standard deviation of the trials' values.
    explained
        1 - mean square error / variance, on the model's own scale; 0 or less is no better than
        the mean of the others.
    covered
        Share of trials within the prediction's 95 % interval.
    """

    rms: float
    spread: float
    explained: float
    covered: float

    @property
    def explained_as_said(self) -> float:
        """Give the same in the objective's unit: where trials are few and good, another number."""
        return 1 - (self.rms / self.spread) ** 2 if self.spread > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """How one search went.

    Parameters
    ----------
    frames
        Frames taken after each trial, all together.
    regret
        What was still lacking to the world's best settings then, in the objective's unit: of the
        trial that the session would have named the winner, without noise; NaN where none was
        feasible.
    reason
        Why it ended.
    """

    frames: tuple[int, ...]
    regret: tuple[float, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Band:
    """Regret over frames.

    Parameters
    ----------
    frames
        (n,) numbers of frames, rising.
    median, low, high
        (n,) of the curves at each; NaN where none had a feasible trial.
    n_curves
        How many there were.
    """

    frames: Floats
    median: Floats
    low: Floats
    high: Floats
    n_curves: int

    def at(self, frames: float) -> tuple[float, float, float]:
        """Give median, low and high after so many frames; NaN before the first trial's."""
        i = int(np.searchsorted(self.frames, frames, side="right")) - 1
        if i < 0:
            return (float("nan"),) * 3
        return float(self.median[i]), float(self.low[i]), float(self.high[i])

    def holds(self, curve: Curve) -> float:
        """Share of a curve's trials at which it lies in the band."""
        inside = []
        for frames, regret in zip(curve.frames, curve.regret, strict=True):
            _, low, high = self.at(frames)
            if not np.isnan(low) and not np.isnan(regret):
                inside.append(low <= regret <= high)
        return float(np.mean(inside)) if inside else float("nan")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one search would have come to.

    Parameters
    ----------
    name
        Of the case.
    band
        Regret over frames.
    curves
        One a world.
    """

    name: str
    band: Band
    curves: tuple[Curve, ...]

    @property
    def without_winner(self) -> int:
        """Count the searches none of whose trials kept to the constraints."""
        return sum(all(math.isnan(one) for one in curve.regret) for curve in self.curves)

    def frames_to(self, regret: float) -> float:
        """Tell after how many frames the median lacks no more than so much; infinite if never."""
        below = np.flatnonzero(self.band.median <= regret)
        return float(self.band.frames[below[0]]) if len(below) else math.inf


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer.

    Parameters
    ----------
    session, name, objective
        What was recorded, and in which unit.
    n_trials, n_axes
        What the model rests on.
    left_out
        How well it predicts.
    recorded
        The recorded search itself, in the same worlds.
    outcomes
        In the order of the cases.
    optimum
        The best settings' objective in each world.
    """

    session: str
    name: str
    objective: str
    n_trials: int
    n_axes: int
    left_out: LeftOut
    recorded: Outcome
    outcomes: tuple[Outcome, ...]
    optimum: tuple[float, ...]
