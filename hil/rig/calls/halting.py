"""Telling devices to stop: each by itself, so that none that fails or hangs keeps another going."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from drivers.protocol import Camera, Device
from hil.rig.calls.process_state import ProcessKept
from hil.rig.device_thread import ABANDONED, join, start_or_run

# Devices are told at one and the same time; who hangs longer than this is not waited for.
HALT_S = 1.0


class Halting:
    """Stops devices. Any thread, any time; never raises.

    Parameters
    ----------
    devices
        By label.
    """

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self._devices = devices
        self._running: dict[str, threading.Thread] = {}
        self._guard = threading.Lock()

    def halt(self) -> None:
        """Tell every device to stop, and wait a second at most until they have heard it."""
        deadline_s = time.monotonic() + HALT_S
        with self._guard:
            begun = [self._begin(label) for label in self._devices if not self._busy(label)]
        for thread in begun:
            join(thread, max(deadline_s - time.monotonic(), 0.0))
            if thread.is_alive():
                thread.name = f"{ABANDONED} {thread.name}"

    def hanging(self) -> tuple[str, ...]:
        """Name the devices whose ``stop`` has not returned."""
        with self._guard:
            return tuple(label for label in self._devices if self._busy(label))

    def _busy(self, label: str) -> bool:
        thread = self._running.get(label)
        return thread is not None and thread.is_alive()

    def _begin(self, label: str) -> threading.Thread:
        name = f"stop {label}"
        thread = threading.Thread(
            target=_stop, args=(self._devices[label],), name=name, daemon=True
        )
        self._running[label] = thread
        start_or_run(thread)
        return thread


def _stop(device: Device) -> None:
    # The contract says that these never raise; a driver that does must not do harm by it.
    with ProcessKept():
        if isinstance(device, Camera):
            with suppress(BaseException):  # no signal comes to this thread
                device.cancel()
        with suppress(BaseException):  # no signal comes to this thread
            device.stop()
