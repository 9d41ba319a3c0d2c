"""How light falls off over the frame, by fields that have it in common."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.predictive.optics.shade import Shade

SIZE = (64, 80)
ROW, COLUMN = np.meshgrid(*(np.linspace(-1, 1, n) for n in SIZE), indexing="ij")
DARK = 20.0


def share(depth: float) -> np.ndarray:
    found = 1 - depth * (ROW**2 + COLUMN**2) / 2
    return np.asarray(found / found.mean(), dtype=np.float32)


def scenes(n: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.asarray(rng.choice([200.0, 900.0], (n, *SIZE)), dtype=np.float32)


def test_what_fields_have_in_common_is_found_and_taken_off() -> None:
    light, g = scenes(24), share(0.4)
    found = Shade.seen(DARK + g * light, DARK)
    assert found is not None
    np.testing.assert_allclose(found.share, g, rtol=0.06)
    evened, variance = found.evened(DARK + g * light, light)
    np.testing.assert_allclose(found.shaded(evened, found.share), DARK + g * light, rtol=1e-4)
    np.testing.assert_allclose(variance, light / found.share**2, rtol=1e-5)


def test_maps_tell_it_better() -> None:
    light, g = scenes(2), share(0.4)
    rough = Shade(share(0.3), np.float32(DARK))
    dark = np.float32(DARK)
    found = rough.refined(dark + g * light, dark + light, np.asarray(1 / light, dtype=np.float32))
    np.testing.assert_allclose(found.share, g, rtol=1e-3)


@pytest.mark.parametrize(("n", "depth"), [(8, 0.0), (3, 0.4)])
def test_even_light_and_few_fields_say_nothing(n: int, depth: float) -> None:
    assert Shade.seen(DARK + share(depth) * scenes(n), DARK) is None
