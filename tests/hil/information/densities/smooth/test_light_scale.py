"""Light in codes and u are of each other, and u has the slope and the bend that it is said to."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.smooth.light_scale import LightScale


def test_roots_of_light() -> None:
    codes = np.arange(400.0)
    scale = LightScale((2 * np.sqrt(codes + 0.375)).astype(np.float32))
    light = np.linspace(50, 350, 40).astype(np.float32)
    u, steepness, bend = scale.to_u(light)
    assert scale.light_of(u) == pytest.approx(light, abs=1e-2)
    assert steepness == pytest.approx(1 / np.sqrt(light + 0.375), rel=1e-2)
    assert bend == pytest.approx(-0.5 / (light + 0.375) ** 1.5, rel=0.1)


def test_a_single_code_is_flat() -> None:
    u, steepness, bend = LightScale(np.ones(1, dtype=np.float32)).to_u(np.zeros(3, np.float32))
    assert (u == 1).all()
    assert not steepness.any()
    assert not bend.any()
