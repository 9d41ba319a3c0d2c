"""Frames of smooth light told again by parts of them that are alike, elsewhere and turned.

x : (n, d) windows of a frame, as measured        m_k, T_k, H_k : other windows, turned (`points`)
w_k : their weights, by likelihood

    x ~ sum_k w_k m_k(c_k),   c_k = argmin |x - m_k(c)|^2 + c^T C_k^-1 c  (Gauss and Newton)

Noise of another window is another noise, and three numbers are told by x itself, so that little of
its own is left (non-local means: Buades, Coll and Morel, CVPR 2005; here windows are shifted by
parts of a pixel, turned and bent until they fit). Windows that overlap x have its noise, and are
left out. Each pixel has the mean over all windows that hold it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.smooth.anywhere import Places
from hil.information.densities.smooth.light_scale import LightScale
from hil.information.densities.smooth.points import BORDER, SQUARE, Integers, Points, Singles
from hil.information.densities.smooth.templates import Templates

_POINTS, _TERMS, _ROUNDS = 2048, 8, 2
_STRIDES = 4  # of a window, about, that the next one is further on
_APART = 0.75  # of a window, between middles of two that do not share noise
_TEMPERATURE = 4.0
_LEAST = 1e-6  # of a variance of c
_FAR = 1e30
LEAST_FRAME = 2  # windows, of a frame's shorter side
NUMBERS = 3  # that a window tells of itself


def told_by_alike(
    noisy: Singles,
    told: Singles,
    left: float,
    scale: LightScale,
    window: int,
    rng: np.random.Generator,
) -> Singles:
    """Tell a frame (H, W) again.

    Parameters
    ----------
    noisy
        As it was measured, in u.
    told
        As it is told by now, with noise of a variance ``left``: other windows are taken from it.
    scale
        Of light.
    window
        Pixels of its side.
    """
    side = window + 2 * BORDER
    places = Places.drawn(noisy.shape, side, _POINTS, rng, turned=True)
    light = places.read(scale.light_of(told), np.s_[:]).reshape(-1, side, side)
    templates = Templates.of(Points.of(light, scale.to_u), left)
    corners = _corners(noisy.shape, window)
    x, known = (_cut(frame, corners, window) for frame in (noisy, told))
    kinds = templates.likeliest(known, _TERMS)
    gap = corners[:, None] + (window - 1) / 2 - places.middles[kinds]
    apart = (gap**2).sum(axis=2) > (_APART * window) ** 2
    means, weighed = _weighed(templates, kinds, apart, x)
    return _laid(np.where(weighed[:, None], means, known), corners, noisy.shape, window)


def _weighed(
    templates: Templates, kinds: Integers, apart: NDArray[np.bool_], x: Singles
) -> tuple[Singles, NDArray[np.bool_]]:
    """(n, d) means of what some templates (n, k) make of x, and (n,) whether there are any."""
    fitted = np.empty((*kinds.shape, x.shape[1]), dtype=np.float32)
    cost = np.empty(kinds.shape)
    for k, kind in enumerate(kinds.T):
        fitted[:, k], cost[:, k] = _fitted(templates, kind, x)
    cost[~apart] = _FAR
    cost -= cost.min(axis=1, keepdims=True)
    weight: Floats = np.where(apart, np.exp(-cost / (2 * _TEMPERATURE * templates.variance)), 0.0)
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    means = (weight[:, None].astype(np.float32) @ fitted)[:, 0]
    return means, np.asarray(apart.any(axis=1))


def _fitted(templates: Templates, kind: Integers, x: Singles) -> tuple[Singles, Floats]:
    """(n, d) windows of a template each, where they fit x the best, and (n,) how little they do."""
    points = templates.points
    middles, slopes = points.middles[kind], points.slopes[kind]
    bends = points.bends[kind][:, SQUARE]
    spread = templates.spread[kind].astype(np.float64)
    precision = np.linalg.inv(spread + _LEAST * np.eye(3)).astype(np.float32)
    c: Singles = np.zeros((len(x), 3, 1), dtype=np.float32)
    for step in range(_ROUNDS + 1):
        turned = (c[:, None].swapaxes(2, 3) @ bends)[:, :, 0]
        value = middles + (c.swapaxes(1, 2) @ (slopes + turned / 2))[:, 0]
        error = x - value
        if step < _ROUNDS:
            slope = slopes + turned
            pull = slope @ error[..., None] - precision @ c
            c += np.linalg.solve(slope @ slope.swapaxes(1, 2) + precision, pull)
    inside = (c.swapaxes(1, 2) @ precision @ c)[:, 0, 0]
    return np.asarray(value, dtype=np.float32), np.asarray(
        (error * error).sum(axis=1) + inside, dtype=np.float64
    )


def _corners(size: tuple[int, ...], window: int) -> Integers:
    stride = max(1, window // _STRIDES)
    first = [np.unique(np.append(np.arange(0, n - window, stride), n - window)) for n in size]
    return np.stack(np.meshgrid(*first, indexing="ij"), axis=-1).reshape(-1, 2)


def _cut(frame: Singles, corners: Integers, window: int) -> Singles:
    every = np.lib.stride_tricks.sliding_window_view(frame, (window, window))
    return np.asarray(every[corners[:, 0], corners[:, 1]].reshape(len(corners), -1))


def _laid(windows: Singles, corners: Integers, size: tuple[int, ...], window: int) -> Singles:
    taper = np.hanning(window + 2)[1:-1]
    taper = np.multiply.outer(taper, taper).astype(np.float32)
    total, weight = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
    for (top, first), own in zip(corners, windows.reshape(-1, window, window), strict=True):
        total[top : top + window, first : first + window] += taper * own
        weight[top : top + window, first : first + window] += taper
    return total / weight
