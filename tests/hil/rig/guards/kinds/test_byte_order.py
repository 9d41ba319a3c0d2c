"""Swapped bytes, told from contrast."""

from __future__ import annotations

import numpy as np
import pytest

from hil.rig.guards.known_noise import KnownNoise
from tests.hil.rig.guards.made_frames import Session, camera, camera_noise, scene, spoilt

NOISE = camera_noise()


@pytest.mark.parametrize("mean_e", [0.0, 10.0, 100.0, 1000.0, 10_000.0])
def test_swapped_bytes_are_refused_at_any_light(mean_e: float) -> None:
    expose = spoilt(camera(lambda p, n: scene(p, mean_e=mean_e)), {4: lambda p: p.byteswap()})
    assert Session(expose, NOISE).trials(3)[1] == "byte_order"


@pytest.mark.parametrize("seed", range(20))
def test_contrast_is_no_fault(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spots = rng.lognormal(rng.uniform(0, 8), rng.uniform(0, 2.5), (24, 24)).clip(0, 3e4)
    assert Session(camera(lambda p, n: spots, seed), NOISE).trials(2, 2) == ["", ""]


@pytest.mark.parametrize("bits", [1, 4, 6, 8])
def test_codes_that_are_shifted_up_pass(bits: int) -> None:
    plain = camera(lambda p, n: scene(p, mean_e=20.0))
    noise = KnownNoise(lambda mean: NOISE.variance_adu2(mean / 2**bits) * 4**bits)
    session = Session(lambda p, n: (plain(p, n) << bits).astype(np.uint16), noise)
    assert session.trials(3) == ["", "", ""]
