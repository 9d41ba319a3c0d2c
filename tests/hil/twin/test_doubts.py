from __future__ import annotations

from hil.twin.fit import fit
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
