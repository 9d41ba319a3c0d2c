"""What a simulated light path offers, and what of it is hidden from a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from drivers.errors import UnknownSetting
from drivers.types import Value
from sim.parts.devices import SimulatedDevice
from sim.parts.rig import present_settings


class LightPath(Protocol):
    """Settings, by canonical name and all of them, to what a camera sees."""

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons, or counts, of the next frame; draws and moves nothing."""
        ...

    def noise_model(self, settings: Mapping[str, Value]) -> Any:
        """Numbers for the rig file's ``[noise]`` at these settings."""
        ...

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Figures of merit by name."""
        ...


PathT = TypeVar("PathT", bound=LightPath)


class PathTruth(Generic[PathT]):
    """The noise-free image, for judging a session, never for steering it.

    Every method takes the settings to suppose; those left out are as they are on the devices now.
    Nothing here moves a device or draws a random number.

    Parameters
    ----------
    path
        The light path.
    devices
        Whose settings count.

    Attributes
    ----------
    path
        As given.
    """

    def __init__(self, path: PathT, devices: Sequence[SimulatedDevice]) -> None:
        self.path = path
        self._devices = devices

    def expected_electrons(
        self, settings: Mapping[str, Value] | None = None
    ) -> NDArray[np.float32]:
        """Noise-free electrons, or counts, of the next frame."""
        return self.path.expected_electrons(self.suppose(settings))

    def noise_model(self, settings: Mapping[str, Value] | None = None) -> Any:
        """Numbers for the rig file's ``[noise]``."""
        return self.path.noise_model(self.suppose(settings))

    def metrics(self, settings: Mapping[str, Value] | None = None) -> Mapping[str, float]:
        """Figures of merit by name."""
        return self.path.metrics(self.suppose(settings))

    def suppose(self, settings: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """Complete settings by those of the devices.

        Raises
        ------
        UnknownSetting
        """
        values = present_settings(self._devices)
        for name, value in (settings or {}).items():
            if name not in values:
                raise UnknownSetting(name, tuple(values))
            values[name] = value
        return values
