"""What a loaded configuration says that a first rig file can use."""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.errors import DriverError
from drivers.micromanager.camera import MicroManagerCamera
from drivers.micromanager.core import Core
from drivers.micromanager.device import MicroManagerDevice
from drivers.protocol import DraftHints


def hints_of(core: Core, devices: Mapping[str, MicroManagerDevice]) -> DraftHints:
    """Tell the camera that takes single frames, the core's own first, and its size of a pixel.

    Parameters
    ----------
    core
        With a configuration.
    devices
        By label.
    """
    cameras = {label: d for label, d in devices.items() if isinstance(d, MicroManagerCamera)}
    chosen = ""
    try:
        with core.words("micromanager", "asking for the camera"):
            chosen = core.getCameraDevice()
    except DriverError:
        pass
    single = [label for label, camera in cameras.items() if camera.channels() == 1]
    camera = chosen if chosen in single else next(iter(single), "")
    preset, size_um = _pixel_size(core)
    return DraftHints(camera, size_um, f"pixel size preset {preset!r}" if preset else "")


def _pixel_size(core: Core) -> tuple[str, float | None]:
    """Give the pixel size preset that holds now and its size without binning, um."""
    try:
        with core.words("micromanager", "asking for the pixel size"):
            preset = core.getCurrentPixelSizeConfig(False)
            if not preset:
                return "", None
            size_um = core.getPixelSizeUmByID(preset) / core.getMagnificationFactor()
    except (DriverError, ZeroDivisionError):
        return "", None
    return (preset, size_um) if 0 < size_um < math.inf else ("", None)
