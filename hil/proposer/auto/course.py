"""Where a search stands: what is left of its start, how long nothing better came, and what then.

s  : trials since the best one, as far as they are measured
z_i: what trial i differs by from what the model says of it without it, in standard deviations

At a standstill (s of 6 or more) some trials look elsewhere, since a model may be surer than it
should be. How many depends on whether it is: while the root mean square of z is above 1, every
other one. While the model foretells what is measured, a look that found nothing speaks for it, and
each makes the next one rarer, the more so the more axes there are: a look tells of a part of the
box around it, and of two axes some looks show most, of eight none does. They come at s = 6, 8, 10,
12, 14, 16, 18, 20, 23, 26 with two, and at 6, 9, 14, 20, 30, 46 with eight. So a search is never
shut in, and does not spend light where nothing is.
"""

from __future__ import annotations

import numpy as np

from drivers.types import Floats
from hil.proposer.auto.observations import Observations

_STALE = 6  # trials without a better one, after which some look elsewhere
_RARER = 1 / 16  # of the trials since, for each axis, until the next look
_EVERY_OTHER = 2.0  # trials from look to look, at least
_BETTER = 0.01  # relative: less is no news
_SAME = 1e-6  # in the unit cube
NEAR = 0.01  # likewise, along every axis: as good as the same settings
_FORETOLD = 1.0  # root mean square of z: what a model has that knows how sure it is


def not_asked(star: Floats, seen: Observations) -> Floats | None:
    """Give the first point of the star that was not asked for; None once the star is done.

    Trials from elsewhere count too: with as many of them there is enough to begin with.
    """
    asked = np.vstack([seen.points, seen.pending])
    if len(asked) >= 2 * len(star):
        return None
    for point in star:
        if not np.any(np.all(np.abs(asked - point) < _SAME, axis=1)):
            return np.asarray(point)
    return None


def near(point: Floats, points: Floats) -> bool:
    """Whether a point is as good as one of these."""
    return bool(np.any(np.all(np.abs(points - point) < NEAR, axis=1)))


def standstill(seen: Observations, n_star: int, level: Floats, news: float) -> int:
    """Count the trials since the best one, 0 while there is hope.

    Parameters
    ----------
    seen
        What was measured.
    n_star
        Trials of the start.
    level
        (n,) what each trial measured, less what its fields of view have of their own.
    news
        By how much another has to be better, in the unit of `level`.

    Returns
    -------
    int
        `_STALE` or more, or 0.
    """
    n = len(level)
    if seen.values.shape[1] > 1 or n < n_star + _STALE:
        return 0
    if not seen.feasible.any():
        return n
    level = np.where(seen.feasible, level, -np.inf)
    since = n - 1 - int(np.argmax(level >= level.max() - news))
    return since if since >= _STALE else 0


def look(since: int, number: int, *, n_axes: int, foretold: float) -> int | None:
    """Say which look elsewhere a trial at a standstill is, from 0; None where it is none.

    Parameters
    ----------
    since
        From `standstill`.
    number
        Of the trial.
    n_axes
        Settings that are searched.
    foretold
        Root mean square of z.
    """
    if foretold > _FORETOLD:
        return number // 2 if number % 2 else None
    which, comes = 0, float(_STALE)
    while round(comes) < since:
        which, comes = which + 1, comes + max(_EVERY_OTHER, comes * n_axes * _RARER)
    return which if round(comes) == since else None


def are_many(since: int, *, n_axes: int, foretold: float) -> bool:
    """Whether looks elsewhere are every other trial still: what would only repeat is one, too."""
    return foretold > _FORETOLD or since * n_axes * _RARER <= _EVERY_OTHER


def news_of(values: Floats, slope: Floats) -> float:
    """Give the step up that is news, after the transformation whose derivative is ``slope``."""
    best = int(np.argmax(values))
    return float(_BETTER * abs(values[best]) * slope[best])
