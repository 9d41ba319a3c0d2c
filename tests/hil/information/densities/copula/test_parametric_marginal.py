"""Parametric distributions of single pixels fit what they are made for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import entr

from hil.information.densities.copula.parametric_marginal import warped_distributions, warps


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_warped_laws_fit_what_they_are_made_for(power: float) -> None:
    """Normal variables themselves, their squares, their exponentials."""
    rng = np.random.default_rng(13)
    t = rng.standard_normal(200_000)
    y = {0.0: 400 + 40 * t, 0.5: (20 + 2 * t) ** 2, 1.0: np.exp(6 + 0.3 * t)}[power]
    code = np.rint(y - y.min()).astype(int)
    counts = np.bincount(code)[None].astype(float)
    variance = np.arange(counts.size) + y.min()  # of counted photons
    name = {0.0: "normal", 0.5: "root normal", 1.0: "log normal"}[power]
    fits = {n: warped_distributions(counts, u)[0].probability for n, u in warps(variance).items()}
    nats = {
        n: -float(counts[0] @ np.log(distribution)) / counts.sum()
        for n, distribution in fits.items()
    }
    assert min(nats, key=nats.__getitem__) == name
    empirical = entr(counts[0] / counts.sum()).sum() + np.count_nonzero(counts) / 2 / counts.sum()
    assert nats[name] == pytest.approx(empirical, abs=2e-3)
    for distribution in fits.values():
        assert distribution.sum() == pytest.approx(1, abs=1e-9)
        assert distribution.min() > 0
    assert list(warps(np.full(10, 4.0))) == ["normal"]


def test_laws_rise_where_the_noise_stands_still() -> None:
    """Below a camera's offset noise is the same at every code; no two codes share a place."""
    variance = 9.0 + 2.0 * np.maximum(np.arange(50.0) - 20, 0)
    for u in warps(variance).values():
        assert (np.diff(u) > 0).all()
    logarithm = warps(variance)["log normal"]
    np.testing.assert_allclose(logarithm[21:], np.log(variance)[21:])
