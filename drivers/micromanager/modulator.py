"""A light modulator that Micro-Manager reaches: frames through the core."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from drivers.errors import DeviceFault
from drivers.micromanager.core import Core
from drivers.types import Pixels


class CoreModulator:
    """An SLM device of a core; see `drivers.slm.modulator.Modulator`.

    The core does not tell what is shown: `shown` gives what it last accepted.

    Parameters
    ----------
    core
        It is loaded in.
    device
        Its label in the configuration.
    bits
        Of a level, where the core keeps it in two bytes.

    Raises
    ------
    DriverError
        There is no such device, or it is in colour.
    """

    def __init__(self, core: Core, device: str, bits: int) -> None:
        self._core, self._device = core, device
        with core.words(device, "asking for its pixels"):
            rows, columns = int(core.getSLMHeight(device)), int(core.getSLMWidth(device))
            depth = int(core.getSLMBytesPerPixel(device))
            colours = int(core.getSLMNumberOfComponents(device))
        if colours != 1 or depth not in (1, 2):
            problem = f"it has {colours} components in {depth} bytes, allowed: 1 in 1 or 2"
            raise DeviceFault(device, "open", problem)
        self.panel = (rows, columns, min(bits, 8 * depth))
        self._type: Any = np.uint8 if depth == 1 else np.uint16
        self._accepted: Pixels = np.zeros((rows, columns), self._type)

    @property
    def versions(self) -> Mapping[str, str]:
        """Version of pymmcore-plus."""
        return {"pymmcore-plus": version("pymmcore-plus")}

    def show(self, frame: Pixels) -> None:
        """Hand a frame to the core, and have it displayed."""
        sent = np.ascontiguousarray(frame, dtype=self._type)
        with self._core.words(self._device, "showing a frame"):
            self._core.setSLMImage(self._device, sent)
            self._core.displaySLMImage(self._device)
        self._accepted = sent.copy()

    def shown(self) -> Pixels:
        """Give the frame that was last accepted."""
        with self._core.words(self._device, "reading its frame"):
            return self._accepted

    def close(self) -> None:
        """Do nothing: the core lets it go with the other devices."""
