from __future__ import annotations

import numpy as np

from hil.study.domains.lensless import GRID, Lensless


def test_squares_of_light_lie_where_they_should() -> None:
    """One lenslet in focus turns the image upside down or not, but keeps its order."""
    domain = Lensless()
    setting = {
        "mask.diameter_um": 200.0,
        "mask.apertures": 1,
        "mask.spacing_um": 100.0,
        "mask.distance_mm": 4.0,
        "mask.irregularity": 0.0,
    }
    basis = domain.rendered(setting, around=0).detach().numpy()
    assert basis.shape == (GRID**2 + 1, 48 * 48)
    brightest = np.array([np.unravel_index(one.argmax(), (48, 48)) for one in basis[:-1]])
    rows = brightest[:, 0].reshape(GRID, GRID)
    columns = brightest[:, 1].reshape(GRID, GRID)
    assert (np.diff(rows, axis=0) > 0).all() and (np.diff(columns, axis=1) > 0).all()
    assert np.ptp(rows, axis=1).max() <= 1
    total = basis[:-1].sum(axis=1)
    assert np.ptp(total) < 0.05 * total.mean()
