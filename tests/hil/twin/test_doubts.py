from __future__ import annotations

import pytest
import torch

from hil.twin.doubts import Doubt, WithOffset, doubted
from hil.twin.fit import fit
from sim.parts.unknown import Unknown
from tests.hil.twin.small_microscope import PLACES, frames, path, several, unknown

AXES = ("axis_scale.mirror.z5_nm", "axis_scale.mirror.z6_nm")


def test_an_axis_that_moves_less_than_it_says_is_doubted_and_the_other_is_not() -> None:
    scope = path(seed=2, aberration_rms_nm=80, scene="fibres", axis_scale={"mirror.z5_nm": 0.8})
    trials = frames(scope, several(5, seed=2), PLACES[:1])
    twin = fit(trials, unknown(), suspects=AXES, all_scenes=False)
    (worst,) = twin.doubts
    assert not twin.fits and "mirror.z5_nm seems to move" in "; ".join(twin.misfits)
    assert (worst.name, worst.said) == (AXES[0], 1.0)
    assert 0.7 < worst.seems < 0.9 and worst.sds > 5


@pytest.mark.parametrize("beyond_adu", [0.0, 4.0])
def test_a_camera_whose_offset_is_not_as_said_is_doubted(beyond_adu: float) -> None:
    """Of two electrons: the light would be wrong by per cents, and sure to a tenth of one."""
    scope = path(seed=2, aberration_rms_nm=80, scene="fibres", offset_adu=100 + beyond_adu)
    stood = [
        {**one, "camera.exposure_ms": ms}
        for one, ms in zip(several(5, seed=2), (10.0, 4.0, 25.0, 15.0, 7.0), strict=True)
    ]
    twin = fit(frames(scope, stood, PLACES[:1]), unknown())
    assert twin.fits is (beyond_adu == 0), twin.misfits
    for one in twin.doubts:
        assert (one.name, one.said, one.fitted) == ("offset_adu", 100, False)
        assert one.seems == pytest.approx(104, abs=1)
        assert "offset_adu seems to be 10" in twin.misfits[-1] and "exposures" in twin.misfits[-1]


def test_an_offset_is_added_to_every_pixel() -> None:
    optics, stood = unknown(), several(1)[0]
    said = Unknown("offset_adu", "ADU", 100.0, 1.0, 0.0, 200.0)
    dark = WithOffset(optics, stood, said)
    grid = dark.grid([stood])
    values = [one.start for one in optics.unknowns]
    with_it = dark.respond(torch.tensor([*values, 103.0], dtype=torch.float64), stood, grid)
    without = optics.respond(torch.tensor(values, dtype=torch.float64), stood, grid)
    gain = optics.converter(stood).gain_e_per_adu
    assert float(with_it.even_e - without.even_e) == pytest.approx(3 * gain)


def test_doubts_are_sure_and_worth_a_word() -> None:
    number = Unknown("aperture_mm", "mm", 50.0, 2.5, 5.0, 500.0)
    assert doubted(number, 12.0, 3.0) is None, "4 sd"
    assert doubted(number, 0.5, 0.01) is None, "a hundredth of it"
    assert doubted(number, 12.0, 0.0) is None, "nobody knows"
    found = doubted(number, 12.0, 1.0, besides="another focal length")
    assert found is not None
    assert found.words == "aperture_mm seems to be 62 mm, not 50 (12 sd), or another focal length"
    assert Doubt("axis_scale.z.um", 1.0, 0.7, 9.0).words == (
        "z.um seems to move 0.7 times what it says (9 sd)"
    )
