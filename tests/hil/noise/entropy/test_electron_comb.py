"""Single electrons in the codes of a quiet camera."""

from __future__ import annotations

import numpy as np
import pytest

from hil.noise.entropy.electron_comb import electron_comb


@pytest.mark.parametrize("gain", [0.05, 0.1, 0.3, 1.5])
def test_a_histogram_of_bright_light_is_smooth_but_for_the_comb(gain: float) -> None:
    rng = np.random.default_rng(0)
    electrons = rng.poisson(400 + 200 * rng.random(3_000_000))
    y = np.rint((electrons + 0.25 * rng.standard_normal(electrons.size)) / gain + 100.3)
    counts = np.bincount(y.astype(np.int64))
    middle = np.arange(round(450 / gain), round(550 / gain)) + 100
    comb = electron_comb(middle.astype(float), gain, 100.3, 0.25)
    assert comb is not None
    # slowly changing light, averaged over many teeth
    level = counts[middle].mean()
    assert comb.mean() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(counts[middle], comb)[0, 1] > 0.95
    assert abs(counts[middle] / level - comb).mean() < 0.1


def test_where_electrons_do_not_show_there_is_none() -> None:
    assert electron_comb(np.arange(10.0), 0.5, 0.0, 1.6) is None
