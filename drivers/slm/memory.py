"""A modulator without hardware: it holds the frame. For trying a rig file at the desk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel

from drivers.errors import DeviceLost
from drivers.slm.modulator import ModulatorKind, Panel
from drivers.types import Pixels


class MemoryPanelOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``modulator = { kind = "memory" }`` may say: nothing."""


class MemoryPanel:
    """Holds the last frame.

    Parameters
    ----------
    options
        None there are.
    panel
        Its pixels.

    Attributes
    ----------
    frames
        How many came.
    """

    def __init__(self, options: MemoryPanelOptions, panel: Panel) -> None:
        self.panel = (*panel.shape, panel.bits)
        self.versions: Mapping[str, str] = {"numpy": np.__version__}
        self.frames = 0
        self._held: Pixels = np.zeros(panel.shape, np.uint8)
        self._open = True

    def show(self, frame: Pixels) -> None:
        """Hold a frame."""
        self._require_open()
        self._held, self.frames = frame.copy(), self.frames + 1

    def shown(self) -> Pixels:
        """Give the frame that is held."""
        self._require_open()
        return self._held

    def close(self) -> None:
        """Let go."""
        self._open = False

    def _require_open(self) -> None:
        if not self._open:
            raise DeviceLost("modulator", "the connection is closed")


MEMORY = ModulatorKind(MemoryPanelOptions, MemoryPanel)
