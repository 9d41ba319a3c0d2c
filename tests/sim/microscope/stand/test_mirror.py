"""The mirror, and what is hidden for it to undo."""

from __future__ import annotations

import numpy as np
import pytest

from sim.microscope.stand.mirror import MIRROR_SETTINGS, MODES, draw_aberration_nm, mirror_axes


@pytest.mark.parametrize("rms_nm", [0.0, 1.0, 100.0])
def test_a_hidden_aberration_has_the_rms_asked_for(rms_nm: float) -> None:
    drawn = draw_aberration_nm(rms_nm, np.random.default_rng(3))
    assert len(drawn) == len(MODES)
    assert np.hypot.reduce(drawn) == pytest.approx(rms_nm)


def test_no_direction_is_preferred() -> None:
    """Each of n modes has rms^2 / n on average, and no sign; five sigma of 4000 draws."""
    rng = np.random.default_rng(4)
    drawn = np.array([draw_aberration_nm(1.0, rng) for _ in range(4000)])
    share = 1 / len(MODES)
    assert np.abs(drawn.mean(axis=0)).max() < 5 * np.sqrt(share / 4000)
    # a coordinate of a point on the sphere: variance of its square is 2 (n - 1) / (n^2 (n + 2))
    sd = np.sqrt(2 * (len(MODES) - 1) * share**2 / (len(MODES) + 2) / 4000)
    np.testing.assert_allclose((drawn**2).mean(axis=0), share, atol=5 * sd)


def test_every_mode_starts_flat_and_reaches_as_far_to_either_side() -> None:
    axes = mirror_axes()
    assert tuple(axis.setting.name for axis in axes) == MIRROR_SETTINGS
    assert {axis.initial for axis in axes} == {0.0}
    assert {(axis.setting.low, axis.setting.high) for axis in axes} == {(-300.0, 300.0)}
