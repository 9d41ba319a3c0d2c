"""Kinds of drivers by name."""

from __future__ import annotations

import pytest

from hil.rig.driver_kinds import BUILT_IN, driver_kind


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name.startswith("sim.")])
def test_a_simulated_kind_is_found(name: str) -> None:
    assert callable(driver_kind(name).options)


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"did you mean 'sim\.satellite'"):
        driver_kind("sim.sattelite")
