"""The photon-transfer plot."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.image import imread

from hil.calibration import CameraCalibration
from hil.report.transfer_plot import save_fit_plot
from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate


@pytest.fixture(scope="module")
def found() -> CameraCalibration:
    return calibrate(VirtualCamera(bit_depth=12), side_px=64)


def test_the_plot_is_a_picture_problems_and_all(found: CameraCalibration, tmp_path: Path) -> None:
    noisy = calibrate(VirtualCamera(), side_px=16, repeats=2)
    assert noisy.problems
    for name, calibration in (("good.png", found), ("bad.png", noisy)):
        save_fit_plot(calibration, tmp_path / name)
        picture = imread(tmp_path / name)
        assert picture.shape[2] == 4
        assert picture[..., :3].std() > 0.05
