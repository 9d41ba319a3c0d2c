"""One driver of a rig, opened: its devices, reached on a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from drivers.errors import DeviceFault, DriverError
from drivers.protocol import Connection, Device, DriverKind
from hil.rig.calls.driver_calls import DriverCalls, Hang
from hil.rig.calls.foreign_errors import as_driver_errors, with_our_errors
from hil.rig.calls.timed_devices import timed
from hil.spec import RigSpec


class OpenDriver:
    """An open driver none of whose calls is waited for without end.

    Parameters
    ----------
    name
        Its kind, in the words of errors.
    kind, options
        What to open.
    spec
        How long calls may take.
    on_hang
        Told of each call that misses its deadline.

    Attributes
    ----------
    connection
        As the driver gave it.
    devices
        By label.

    Raises
    ------
    DriverError
        It could not connect, or did not in time; then it is closed when it has.
    """

    def __init__(
        self,
        name: str,
        kind: DriverKind,
        options: Any,
        spec: RigSpec,
        on_hang: Callable[[Hang], None],
    ) -> None:
        self._name = name
        self._close_s = 2 * spec.call_timeout_s
        self._call_s = spec.call_timeout_s
        self._calls = DriverCalls(name, on_hang)
        unwanted = threading.Event()

        def connect() -> Connection:
            with as_driver_errors(name, "open"):
                connection = kind.open(options)
            if unwanted.is_set():
                connection.close()
            return connection

        try:
            self.connection = self._calls.run(name, "open", connect, spec.open_timeout_s)
        except BaseException:
            unwanted.set()
            self._calls.close()
            raise
        self._calls.simulated = hasattr(self.connection, "device_s")
        self._calls.in_memory = getattr(self.connection, "in_memory", False) is True

        def devices() -> dict[str, Device]:
            try:
                with as_driver_errors(name, "devices"):
                    found = dict(self.connection.devices)
                    for label, device in found.items():
                        if device.label != label:
                            said = f"device {label!r} calls itself {device.label!r}"
                            raise DeviceFault(name, "devices", said)
                    return {
                        label: timed(with_our_errors(device), self._calls, spec.call_timeout_s)
                        for label, device in found.items()
                    }
            finally:
                if unwanted.is_set():
                    self.connection.close()

        try:
            self.devices: Mapping[str, Device] = self._calls.run(
                name, "devices", devices, spec.open_timeout_s
            )
        except BaseException:
            unwanted.set()
            self.close()
            raise

    def versions(self) -> Mapping[str, str]:
        """Versions of the libraries and adapters behind it; empty where it does not answer."""

        def ask() -> dict[str, str]:
            with as_driver_errors(self._name, "versions"):
                return {str(name): str(said) for name, said in self.connection.versions.items()}

        try:
            return self._calls.run(self._name, "versions", ask, self._call_s)
        except DriverError:
            return {}

    def warnings(self) -> Sequence[str]:
        """Say what of it is offered in part or not at all; nothing where it does not tell."""

        def ask() -> tuple[str, ...]:
            with as_driver_errors(self._name, "warnings"):
                return tuple(str(said) for said in getattr(self.connection, "warnings", ()))

        try:
            return self._calls.run(self._name, "warnings", ask, self._call_s)
        except DriverError:
            return ()

    def leave_behind(self, older_than_s: float) -> None:
        """Wait no longer for a call that has been going on for longer than that."""
        self._calls.leave_behind(older_than_s)

    def close(self) -> None:
        """Release the devices; a driver that fails or hangs at it is left behind. Never raises."""
        with suppress(Exception):
            self._calls.run(self._name, "close", self.connection.close, self._close_s)
        self._calls.close()
