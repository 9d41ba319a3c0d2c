"""Frames of several images, each with a noise of its own, in the eyes of guards."""

from __future__ import annotations

import numpy as np
import pytest

from hil.rig.guards.chance import log10_agree
from hil.rig.guards.guard import FrameGuard
from hil.rig.guards.kinds.byte_order import GUARD as BYTE_ORDER
from hil.rig.guards.kinds.identical_rows import GUARD as ROWS
from hil.rig.guards.known_noise import KnownNoise, together
from hil.rig.guards.noisiness import differ_by_noise
from hil.rig.guards.past import Past
from tests.hil.rig.guards.made_frames import Pixels, Session

# 1 and 100 codes an electron, offsets 100 and 1000.
QUIET = KnownNoise(lambda mean: max(mean - 100, 0.0) + 4.0, 100.0)
LOUD = KnownNoise(lambda mean: 100 * max(mean - 1000, 0.0) + 400.0, 1000.0)
BOTH = together([QUIET, LOUD])


def images(light_e: float, seed: int = 1) -> Pixels:
    rng = np.random.default_rng(seed)
    electrons = rng.poisson(light_e, (2, 32, 32))
    quiet = 100 + electrons[0] + rng.normal(0, 2, (32, 32))
    loud = 1000 + 100 * electrons[1] + rng.normal(0, 20, (32, 32))
    return np.clip(np.rint([quiet, loud]), 0, 65535).astype(np.uint16)


def looked(guard: FrameGuard, pixels: Pixels) -> bool:
    return guard.look(Session(lambda place, number: pixels, BOTH).take(0), Past()) is not None


def test_the_mean_pixel_of_all_images() -> None:
    assert BOTH.dark_adu == 550
    assert BOTH.variance_adu2(550) == pytest.approx((4 + 400) / 2)
    assert together([QUIET, KnownNoise(lambda mean: 9.0)]).dark_adu is None
    assert [
        own is image for (_, own), image in zip(BOTH.each(images(9)), (QUIET, LOUD), strict=True)
    ]
    assert [own for _, own in BOTH.each(images(9)[0])] == [BOTH], "no frame of two images"


def test_pixels_are_judged_by_the_noise_of_their_own_image() -> None:
    pixels = images(200)
    both = [log10_agree(part, own, 65535).sum() for part, own in BOTH.each(pixels)]
    assert both[0] > 10 * both[1] or both[1] < both[0] - 100, "the louder agrees more rarely"
    assert differ_by_noise(images(200, 1), images(200, 2), BOTH)
    assert not differ_by_noise(pixels, pixels, BOTH)


@pytest.mark.parametrize("light_e", [0.0, 20.0, 300.0])
def test_good_frames_pass_and_bad_ones_do_not(light_e: float) -> None:
    good = images(light_e)
    assert not looked(BYTE_ORDER, good)
    assert not looked(ROWS, good)
    stuck = good.copy()
    stuck[1, 1:] = stuck[1, :1]
    assert looked(ROWS, stuck), "though the other image is right"


@pytest.mark.parametrize(("went_out", "said"), [(False, ""), (True, "dark")])
def test_a_field_of_which_all_images_went_dark_is_refused(went_out: bool, said: str) -> None:
    def expose(place: int, number: int) -> Pixels:
        return images(0.0 if went_out and number >= 6 and place == 1 else 50.0, number)

    assert Session(expose, BOTH).trials(3) == ["", "", said]
