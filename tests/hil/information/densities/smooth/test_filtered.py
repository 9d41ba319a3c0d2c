"""A filter of a place on a bent surface goes by earlier values alone, and finds the place."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.smooth.filtered import by_each, filtered
from hil.information.densities.smooth.points import Points

D = 36


def bent() -> Points:
    rng = np.random.default_rng(0)
    middles, slopes, bends = (
        size * rng.standard_normal((1, *shape)).astype(np.float32)
        for size, shape in ((5.0, (D,)), (3.0, (3, D)), (2.0, (6, D)))
    )
    return Points(middles, slopes, bends, slopes @ slopes.swapaxes(1, 2))


def patches(points: Points, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    c = 0.5 * rng.standard_normal((n, 3))
    i, j = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 1, 2, 2])
    pairs = c[:, i] * c[:, j] * np.where(i == j, 0.5, 1.0)
    light = points.middles[0] + c @ points.slopes[0] + pairs @ points.bends[0]
    return light, (light + rng.standard_normal((n, D))).astype(np.float32)


def test_it_finds_the_place_and_says_how_well() -> None:
    points = bent()
    light, u = patches(points, 400)
    spread = np.full((1, 1, 1), 0.25, dtype=np.float32) * np.eye(3, dtype=np.float32)
    value, sd = filtered(points, spread, 1.0, u, np.zeros(400, dtype=np.intp))
    assert np.std((u - value) / sd) == pytest.approx(1, abs=0.12)
    assert np.sqrt(((value - light)[:, -6:] ** 2).mean()) < 0.8
    straight = points._replace(bends=np.zeros_like(points.bends))
    without, _ = filtered(straight, spread, 1.0, u, np.zeros(400, dtype=np.intp))
    assert ((value - light) ** 2).mean() < 0.6 * ((without - light) ** 2).mean()


def test_it_goes_by_earlier_values_alone() -> None:
    points = bent()
    _, u = patches(points, 20)
    spread = np.full((1, 1, 1), 0.25, dtype=np.float32) * np.eye(3, dtype=np.float32)
    kind = np.zeros(20, dtype=np.intp)
    value, sd = filtered(points, spread, 1.0, u, kind)
    changed = u.copy()
    changed[:, 17:] += 30
    again, again_sd = filtered(points, spread, 1.0, changed, kind)
    assert (again[:, :18] == value[:, :18]).all()
    assert (again_sd[:, :18] == sd[:, :18]).all()


@pytest.mark.parametrize("n", [1, 20, 700])
def test_kinds_told_together_are_told_as_each_alone(n: int) -> None:
    points = bent()
    _, u = patches(points, n)
    two = Points(*(np.concatenate([part, 0.5 * part]) for part in points))
    spread = np.full((2, 1, 1), 0.25, dtype=np.float32) * np.eye(3, dtype=np.float32)
    kinds = np.random.default_rng(2).integers(0, 2, (n, 5))

    def predict(some: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return filtered(two, spread, 1.0, some, kind)

    told = list(by_each(predict, u, kinds))
    assert len(told) == 5
    for (kind, value, sd), own in zip(told, kinds.T, strict=True):
        alone, alone_sd = predict(u, own)
        assert (kind == own).all()
        assert (value == alone).all()
        assert (sd == alone_sd).all()
