from __future__ import annotations

import numpy as np
import pytest

from drivers.types import Floats
from hil.study.domain import SIZES
from hil.study.domains.tomography import Tomography

DOMAIN = Tomography()
PLAIN = {"gantry.views": 16, "detector.binning": 2, "source.voltage_kv": 80.0}


def _noise_variance(mean: Floats) -> Floats:
    found: Floats = mean + DOMAIN.noise.read_noise_e**2 + DOMAIN.noise.gain_e_per_adu**2 / 12
    return found


def _bits(values: Floats) -> float:
    """What a Gaussian tells of rows (n, d) in units of their noise."""
    about = values - values.mean(axis=0)
    power = np.linalg.eigvalsh(about @ about.T / (len(about) - 1)).clip(0)
    return float(0.5 * np.log2(1 + power).sum())


def test_the_dose_is_the_same_however_it_is_shared() -> None:
    few, many = (
        DOMAIN.observe(PLAIN | {"gantry.views": views}, 0, SIZES["tiny"])["pores"].frames
        for views in (8, 32)
    )
    offset = DOMAIN._path.options.offset_adu
    totals = [float((codes - offset).sum(axis=(1, 2)).mean()) for codes in (few, many)]
    assert totals[0] == pytest.approx(totals[1], rel=0.01)


def test_a_spot_is_seen_where_it_lies() -> None:
    """What decoders see is dark there: of bodies with the spot in one place against all."""
    side = DOMAIN.observe(PLAIN, 0, SIZES["small"])["spot's place"].learn
    assert side.image is not None
    seen = side.rows.reshape(-1, *side.image[1:])
    half = seen.shape[1] // 2
    for place in range(4):
        about = seen[side.truth == place].mean(axis=0) - seen.mean(axis=0)
        row, column = np.unravel_index(about.argmin(), about.shape)
        assert (row >= half, column >= half) == (place >= 2, place % 2 == 1)


@pytest.mark.parametrize("views", [8, 64])
def test_noise_of_what_decoders_see_is_white_and_of_one_unit(views: int) -> None:
    mean = DOMAIN.expected(PLAIN | {"gantry.views": views}, 0, 20).mean(axis=0)
    made = DOMAIN.backprojection(mean)
    covariance = made.T @ (made * _noise_variance(mean).reshape(-1, 1))
    assert np.allclose(covariance @ covariance, covariance, atol=1e-6)
    assert np.trace(covariance) > 0.5 * min(made.shape)


@pytest.mark.parametrize("setting", [{}, {"gantry.views": 64, "detector.binning": 1}])
def test_what_decoders_see_tells_as_much_as_the_scan(setting: dict[str, int]) -> None:
    """A sufficient statistic of a Gaussian that is linear in the density; the grid is not fine."""
    scans = DOMAIN.expected(PLAIN | setting, 0, 150)
    mean = scans.mean(axis=0)
    seen = (scans - mean).reshape(len(scans), -1) @ DOMAIN.backprojection(mean)
    whole = _bits((scans / np.sqrt(_noise_variance(mean))).reshape(len(scans), -1))
    assert 0.97 * whole < _bits(seen) <= whole + 1e-6


def test_values_cost_something_and_so_does_having_few_of_them() -> None:
    """Noise known, neither the fewest nor the most views tell most, and wide bins tell less."""

    def told(views: int = 16, binning: int = 1) -> float:
        setting = {"gantry.views": views, "detector.binning": binning}
        scans = DOMAIN.expected(PLAIN | setting, 0, 300)
        return _bits((scans / np.sqrt(_noise_variance(scans.mean(axis=0)))).reshape(300, -1))

    assert told() > told(views=8)
    assert told() > 1.05 * told(views=64)
    assert told() > 1.05 * told(binning=4)
