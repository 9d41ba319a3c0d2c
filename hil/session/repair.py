"""Bring a proposal back inside limits that span several settings.

Samplers know boxes. Where a bound joins several axes (the summed stroke of a mirror, the light dose
of a trial), a proposal outside is pulled straight towards an anchor that is inside, as far as it
must and no further; the trial records the settings that were really used. This is the repair of
infeasible points that is usual in evolutionary search (Michalewicz 1996).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from drivers.types import Value
from hil.spec import SearchAxis

_HALVINGS = 50


def repair(
    proposal: Mapping[str, Value],
    axes: Sequence[SearchAxis],
    anchor: Mapping[str, Value],
    problem: Callable[[Mapping[str, Value]], str],
) -> dict[str, Value]:
    """Pull a proposal towards ``anchor`` until ``problem`` has nothing to say.

    Parameters
    ----------
    proposal
        Values of the axes.
    axes
        Their ranges. Values with a step stay on it, rounded towards the anchor.
    anchor
        Values without a problem.
    problem
        Says what is wrong with values; empty if nothing is. Along the way from the anchor to any
        point, values without a problem must come before those with one.
    """
    if not problem(proposal):
        return dict(proposal)
    inside, beyond = 0.0, 1.0
    best = dict(anchor)
    for _ in range(_HALVINGS):
        middle = (inside + beyond) / 2
        there = _between(proposal, axes, anchor, middle)
        if problem(there):
            beyond = middle
        else:
            inside, best = middle, there
    return best


def _between(
    proposal: Mapping[str, Value],
    axes: Sequence[SearchAxis],
    anchor: Mapping[str, Value],
    share: float,
) -> dict[str, Value]:
    there = dict(proposal)
    for axis in axes:
        if axis.choices is not None:
            continue
        start, end = float(anchor[axis.setting]), float(proposal[axis.setting])
        value = start + (end - start) * share
        if axis.step is not None:
            assert axis.low is not None
            steps = (value - axis.low) / axis.step
            whole = math.floor(steps + 1e-9) if end > start else math.ceil(steps - 1e-9)
            value = axis.low + whole * axis.step
        there[axis.setting] = int(value) if isinstance(proposal[axis.setting], int) else value
    return there


def least(axis: SearchAxis, *, towards_zero: bool) -> Value:
    """Anchor of one axis: its value nearest to zero, or its lowest where it brings light."""
    if axis.choices is not None:
        return axis.choices[0]
    assert axis.low is not None
    assert axis.high is not None
    if not towards_zero or axis.low > 0:
        return axis.low
    if axis.high < 0:
        return axis.high
    if axis.step is not None:
        return axis.low + round(-axis.low / axis.step) * axis.step
    return 0.0
