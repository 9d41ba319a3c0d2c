"""Calibration of a camera by photon transfer: from repeated frames to its noise model.

``recipe`` and ``calibrate`` take the frames, ``photon_transfer`` is the mathematics, ``validity``
says whether one still holds, ``stored`` and ``rig_noise`` give a rig its noise. Session, measure
and the command line come in. May import supervision, information and what is below them.
"""

from __future__ import annotations

from hil.calibration.photon_transfer.camera_calibration import CameraCalibration, TransferPoints
from hil.calibration.photon_transfer.fit import PhotonTransfer
from hil.calibration.photon_transfer.maps import PixelMaps
from hil.calibration.stored import StoredNoise, mapped_noise, stored_noise

__all__ = [
    "CameraCalibration",
    "PhotonTransfer",
    "PixelMaps",
    "StoredNoise",
    "TransferPoints",
    "mapped_noise",
    "stored_noise",
]
