"""The best point of an acquisition over floats, integers and choices, inside joint limits.

Many candidates are looked at, all of them settings that may be applied; the best are improved a
little along the axes that are continuous by L-BFGS-B, brought inside the limits again, and compared
there; the best of these is improved to its end. Where an acquisition has edges, none of the others
would come to an end for long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from scipy.optimize import minimize

from drivers.types import Floats
from hil.proposer.auto.acquisition import Acquisition
from hil.proposer.auto.space import UnitSpace

# (n, n_columns) points to as many that may be applied, near them.
Allow: TypeAlias = Callable[[Floats], Floats]

_SPREAD_OUT = 512  # candidates all over the cube
_NEARBY = 128  # candidates about each centre
_REACHES = (0.3, 0.1, 0.03)  # of the cube's side
_POLISHED = 4
_FEW = 20  # looks at the acquisition on the way from each of them
_STEPS = 40
_MANY = 120
_ENOUGH = 1e-7  # relative: steps of an acquisition that bring no more end a climb


def best_point(
    acquisition: Acquisition,
    space: UnitSpace,
    allow: Allow,
    centres: Sequence[Floats],
    seed: int,
) -> tuple[Floats, float]:
    """Find where the acquisition is largest, and how large it is there.

    Parameters
    ----------
    acquisition
        Differentiable along continuous columns.
    space, allow
        What may be asked for.
    centres
        (n_columns,) points around which to look closely, the best measured one say.
    seed
        Of the candidates.
    """
    candidates = allow(_candidates(space, centres, seed))
    values = _values(acquisition, candidates)
    tops = _apart(candidates, values)
    climbed = [polished(acquisition, space, allow, candidates[i], _FEW) for i in tops]
    points = np.vstack([candidates[tops], *[p[None] for p in climbed]])
    best = points[int(np.argmax(_values(acquisition, points)))]
    points = np.vstack([best, polished(acquisition, space, allow, best)])
    values = _values(acquisition, points)
    return np.asarray(points[int(np.argmax(values))]), float(values.max())


def _candidates(space: UnitSpace, centres: Sequence[Floats], seed: int) -> Floats:
    from scipy.stats import qmc

    rng = np.random.default_rng(seed)
    spread = qmc.Sobol(space.n_axes, rng=rng).random(_SPREAD_OUT)
    found = [space.from_axes(spread)]
    for centre in centres:
        for reach in _REACHES:
            found.append(space.snap(_around(space, centre, reach, rng)))  # noqa: PERF401
    return np.vstack(found)


def _around(space: UnitSpace, centre: Floats, reach: float, rng: np.random.Generator) -> Floats:
    """Points about a centre; some axes stay, choices change now and then."""
    count = _NEARBY // len(_REACHES)
    moved = rng.normal(scale=reach, size=(count, space.n_columns))
    moved *= rng.random((count, space.n_columns)) < max(0.5, 3 / space.n_columns)
    points = np.clip(centre + moved, 0.0, 1.0)
    for columns in space.choices:
        width = columns.stop - columns.start
        points[:, columns] = centre[columns]
        changed = np.flatnonzero(rng.random(count) < 0.3)
        points[changed, columns] = np.eye(width)[rng.integers(width, size=len(changed))]
    return np.asarray(points)


def _apart(candidates: Floats, values: Floats) -> list[int]:
    """Find the best candidates that are not next to a better one."""
    found: list[int] = []
    for i in np.argsort(-values):
        if all(np.abs(candidates[i] - candidates[j]).max() > 0.05 for j in found):
            found.append(int(i))
        if len(found) == _POLISHED:
            break
    return found


def polished(
    acquisition: Acquisition, space: UnitSpace, allow: Allow, start: Floats, most: int = _MANY
) -> Floats:
    """Climb from a point along the axes that are continuous, and come inside the limits again.

    It ends after ``most`` looks at the acquisition, higher up in any case.
    """
    free = space.continuous
    if not free:
        return start

    def downhill(inner: Floats) -> tuple[float, Floats]:
        at = torch.as_tensor(inner, dtype=torch.double).requires_grad_()
        whole = torch.as_tensor(start.copy(), dtype=torch.double)
        whole = whole.index_copy(0, torch.as_tensor(free), at)
        value = acquisition(whole[None]).sum()
        (gradient,) = torch.autograd.grad(value, at)
        return -float(value.detach()), -gradient.numpy()

    found = minimize(
        downhill,
        start[free],
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, 1.0)] * len(free),
        options={"maxiter": _STEPS, "maxfun": most, "ftol": _ENOUGH},
    )
    end = start.copy()
    end[free] = found.x
    return np.asarray(allow(end[None])[0])


def _values(acquisition: Acquisition, points: Floats) -> Floats:
    with torch.no_grad():
        found = acquisition(torch.as_tensor(points, dtype=torch.double))
    values = np.asarray(found.numpy(), dtype=float)
    return np.where(np.isfinite(values), values, -np.inf)
