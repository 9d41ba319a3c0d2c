"""The connection of a driver that has one device, on something that is released at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.protocol import Device


class SingleConnection:
    """One device, and what it is reached through.

    Parameters
    ----------
    device
        The only one.
    versions
        Tells the versions of what is beneath it.
    release
        Lets go; may be called twice.
    """

    def __init__(
        self,
        device: Device,
        versions: Callable[[], Mapping[str, str]],
        release: Callable[[], None],
    ) -> None:
        self._device, self._versions, self._release = device, versions, release

    @property
    def devices(self) -> Mapping[str, Device]:
        """The device by its label."""
        return {self._device.label: self._device}

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of what is beneath it."""
        return self._versions()

    def close(self) -> None:
        """Release it. Safe to call twice."""
        self._release()
