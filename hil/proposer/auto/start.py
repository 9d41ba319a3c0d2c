"""Where a search begins: present settings, and orthogonal directions around them.

A star of the centre and d orthogonal directions tells a quadratic most along each; an aberration of
unknown sign lies near the centre of its range, so that the corners of the box tell nothing.
"""

from __future__ import annotations

import math

import numpy as np

from drivers.types import Floats
from hil.proposer.auto.space import UnitSpace

REACH = 0.25  # of the half-range: root mean square over the axes
_ROUNDING = 1e-9
_LEAST = 5  # starting points, however few axes there are


def n_start_points(space: UnitSpace) -> int:
    """Count the points that are measured before the model is asked."""
    n_choices = sum(columns.stop - columns.start for columns in space.choices)
    return int(max(space.n_axes + 1, _LEAST, n_choices + 1))


def start_points(space: UnitSpace, centre: Floats, seed: int, reach: float = REACH) -> Floats:
    """Give the points to begin with.

    Parameters
    ----------
    space
        What is searched.
    centre
        (n_columns,) point of the present settings.
    seed
        Turns the star.
    reach
        Of its arms, as a share of the half-range, root mean square over the axes.

    Returns
    -------
    (n_start_points, n_columns) points, the centre first.
    """
    from scipy.stats import ortho_group, qmc

    n, d = n_start_points(space), space.n_axes
    rng = np.random.default_rng(seed)
    middle = _shares(space, centre)
    directions = ortho_group.rvs(d, random_state=rng) if d > 1 else np.ones((1, 1))
    arms = 0.5 * reach * math.sqrt(d) * directions
    # each towards the side where there is more room, or where chance has it
    there, back = (np.abs(_outside(middle + sign * arms)).sum(axis=1) for sign in (1, -1))
    star = middle + np.where(back < there - _ROUNDING, -1.0, 1.0)[:, None] * arms
    more = max(n - 1 - d, 0)
    filling = qmc.Halton(d, rng=np.random.default_rng(seed)).random(more)
    shares = np.clip(np.vstack([star, filling]), 0.0, 1.0)
    points = space.from_axes(shares)
    _spread_choices(space, points, centre, rng)
    return np.vstack([centre, points])


def _outside(points: Floats) -> Floats:
    return np.asarray(points - np.clip(points, 0.0, 1.0))


def _shares(space: UnitSpace, point: Floats) -> Floats:
    """One number an axis; a choice lies in the middle of its part."""
    shares = []
    column = 0
    choices = {columns.start: columns for columns in space.choices}
    while column < space.n_columns:
        if column in choices:
            columns = choices[column]
            width = columns.stop - columns.start
            shares.append((int(np.argmax(point[columns])) + 0.5) / width)
            column = columns.stop
        else:
            shares.append(float(point[column]))
            column += 1
    return np.array(shares)


def _spread_choices(
    space: UnitSpace, points: Floats, centre: Floats, rng: np.random.Generator
) -> None:
    """Let each choice come equally often, in an order of chance; in place."""
    for columns in space.choices:
        width = columns.stop - columns.start
        order = [int(i) for i in rng.permutation(width)]
        present = int(np.argmax(centre[columns]))
        order.remove(present)  # it has the centre
        order.append(present)
        for row, point in enumerate(points):
            point[columns] = 0.0
            point[columns.start + order[row % width]] = 1.0
