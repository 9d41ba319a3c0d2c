"""Looks at some frames: by what optics and maps they would be told, and whether that is worth it.

A look costs more than the one before, and is taken while maps, and errors about them, cost no more
than predictions do. Where the last finds nothing, though the first left little, blur and levels are
searched for (`blind_start`); frames near three levels or four are told by planes (`level_planes`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hil.information.densities.predictive.cells import Singles
from hil.information.densities.predictive.map_code import short_nats
from hil.information.densities.predictive.optics.blind_start import blind_starts
from hil.information.densities.predictive.optics.level_planes import (
    LEVELS,
    LevelPlanes,
    of_few_levels,
)
from hil.information.densities.predictive.optics.two_level_optics import (
    REACH,
    ROUNDS,
    BorderedFrames,
    TwoLevelOptics,
)

Optics = TwoLevelOptics | LevelPlanes
Look = Callable[[BorderedFrames, float, float], Optics | None]

NORMAL: Final = 0.5 * math.log(2 * math.pi * math.e)
_LOOKS_NATS = (0.35, -0.03, 0.0)  # that maps may cost more, and be looked for
_PLANES_NATS = 0.5  # likewise, of planes as they are begun
_SEARCHED_ROUNDS = (2, 2)  # after each start that was searched for
# Squared differences from the mean, over the noise's variance, and the share of them that the first
# map leaves: discs and filaments 0.01 to 0.025, lines and points of a pixel 0.024 to 0.057, most
# other scenes 0.07 to 0.9.
_LEAST_SHOWN, _MOST_UNTOLD = 20.0, 0.06


def looked_for(seen: BorderedFrames, most: float, told: float) -> TwoLevelOptics | None:
    """Find optics of two levels; None where maps cost more than ``most`` nats of a pixel.

    Parameters
    ----------
    seen
        Some frames.
    most
        What predictions cost beyond the noise.
    told
        Pixels of a map to one of a patch.
    """

    def cost(optics: TwoLevelOptics, b: Singles) -> float:
        return told * short_nats(b) + _error_nats(optics, seen, b)

    begun, b = TwoLevelOptics.begun(seen)
    optics = begun
    for n_rounds, least in zip((0, *ROUNDS), _LOOKS_NATS, strict=True):
        optics, b = optics.fitted(seen, b, n_rounds)
        if not cost(optics, b) <= most + least:
            break
    else:
        return optics
    if not _nearly_told(seen, begun.excess):
        return None
    found = []
    for b in blind_starts(seen, told):
        optics = TwoLevelOptics.of(seen, b, REACH)
        found.append((cost(optics, b), optics))
        for n_rounds in _SEARCHED_ROUNDS:
            optics, b = optics.fitted(seen, b, n_rounds)
            found.append((cost(optics, b), optics))
    least_cost, optics = min(found, key=lambda one: one[0])
    return optics if least_cost <= most else None


def looked_for_planes(seen: BorderedFrames, most: float, told: float) -> LevelPlanes | None:
    """Find optics and steps of three levels or four; see `looked_for`."""
    if not of_few_levels(seen.y[:, REACH:-REACH, REACH:-REACH]):
        return None

    def cost(one: LevelPlanes, bits: NDArray[np.uint8]) -> float:
        planes = one.planes(bits)
        pairs = zip(planes, [None, *planes[:-1]], strict=True)
        maps = sum(short_nats(b, before) for b, before in pairs)
        return told * maps + _error_nats(one.optics, seen, one.light(bits))

    found = []
    for n_levels in LEVELS:
        one, bits = LevelPlanes.begun(seen, n_levels)
        if _nearly_told(seen, one.optics.excess) and cost(one, bits) <= most + _PLANES_NATS:
            one, bits = one.fitted(seen, bits)
            found.append((cost(one, bits), one))
    least_cost, best = min(found, key=lambda each: each[0], default=(math.inf, None))
    return best if least_cost <= most else None


def _nearly_told(seen: BorderedFrames, excess: float) -> bool:
    """Whether the first map, as it was begun, tells nearly all of what frames show beyond noise."""
    inside = np.s_[:, REACH:-REACH, REACH:-REACH]
    y, w = seen.y[inside], seen.w[inside]
    mean = float((w * y).sum(dtype=np.float64) / w.sum(dtype=np.float64))
    shown = float((w * (y - np.float32(mean)) ** 2).mean(dtype=np.float64))
    return shown > _LEAST_SHOWN and excess - 1 < _MOST_UNTOLD * (shown - 1)


def _error_nats(optics: TwoLevelOptics, seen: BorderedFrames, b: Singles) -> float:
    """Entropy of errors over the noise's width, beyond what the noise has (Vasicek 1976)."""
    inside = np.s_[:, REACH:-REACH, REACH:-REACH]
    error = (seen.y[inside] - optics.predict(b)) * np.sqrt(seen.w[inside])
    # codes are whole numbers: spread over what is rounded to each
    rounded = np.random.default_rng(0).uniform(-0.5, 0.5, error.shape).astype(np.float32)
    error = np.sort((error + rounded * np.sqrt(seen.w[inside])).ravel())
    m = max(1, int(math.sqrt(error.size)) // 2)
    apart = np.maximum(error[2 * m :] - error[: -2 * m], 1e-6)
    return float(np.log(apart * (error.size / (2 * m))).mean()) - NORMAL
