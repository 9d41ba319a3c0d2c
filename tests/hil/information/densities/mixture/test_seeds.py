"""Where EM for scenes starts from."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.mixture.seeds import denoised, seed_responsibilities


def test_noise_alone_is_denoised_to_next_to_nothing() -> None:
    rng = np.random.default_rng(4)
    u = rng.standard_normal((2000, 20))
    assert denoised(u, 1).shape[1] < 10
    signal = u + 3 * rng.standard_normal((2000, 1)) * np.eye(20)[3]
    assert np.corrcoef(denoised(signal, 1)[:, -1], signal[:, 3])[0, 1] ** 2 > 0.95


def test_seeds_find_separated_clusters() -> None:
    rng = np.random.default_rng(5)
    label = rng.integers(7, size=600)
    u = 8 * rng.standard_normal((7, 12))[label] + rng.standard_normal((600, 12))
    r = seed_responsibilities(u, 1, rng)
    assert r.sum(axis=1) == pytest.approx(np.ones(600))
    found = r.argmax(axis=1)
    assert len(set(zip(label.tolist(), found.tolist(), strict=True))) == 7
