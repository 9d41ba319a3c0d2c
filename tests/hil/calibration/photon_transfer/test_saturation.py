"""Where a camera saturates."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate, flat


@pytest.mark.parametrize(
    ("camera", "by", "saturation_adu"),
    [
        (VirtualCamera(bit_depth=12), "converter", 4095),
        (VirtualCamera(full_well_e=5000.0), "full well", 100 + (5000 - 3 * 1.6) / 0.5),
        (VirtualCamera(), "not reached", None),
    ],
    ids=["converter", "full well", "none"],
)
def test_saturation_is_where_the_variance_collapses(
    camera: VirtualCamera, by: str, saturation_adu: float | None
) -> None:
    found = calibrate(camera, scene=flat, brightest_e=6000.0, levels=8)
    assert found.saturation_by == by
    if saturation_adu is None:
        assert found.saturation_adu is None
    else:
        assert found.saturation_adu == pytest.approx(saturation_adu, rel=2e-3)
    assert found.problems == ()


def test_a_converter_that_ends_early_is_found() -> None:
    camera = VirtualCamera(analog=lambda adu, rng: np.minimum(adu, 4095))
    found = calibrate(camera, scene=flat, brightest_e=6000.0, levels=8)
    assert (found.saturation_by, found.saturation_adu) == ("converter", 4095)
    assert "ends at 4095 ADU, not at 65535" in " ".join(found.notes)
