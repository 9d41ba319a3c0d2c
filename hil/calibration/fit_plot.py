"""The photon-transfer plot that a calibration is judged by."""

from __future__ import annotations

from pathlib import Path

from hil.calibration.camera_calibration import CameraCalibration


def save_fit_plot(calibration: CameraCalibration, path: Path) -> None:
    """Draw variance over mean with the fitted line, and what is left of it.

    Parameters
    ----------
    calibration
        Of any quality; problems are written into the picture.
    path
        A file that matplotlib can write: ``.png``, ``.pdf``, ``.svg``.
    """
    raise NotImplementedError
