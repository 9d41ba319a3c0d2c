"""What a connection offers, by name."""

from __future__ import annotations

from drivers.micromanager.kind import MicroManagerConnection
from drivers.protocol import Setting


def settings(connection: MicroManagerConnection) -> dict[str, Setting]:
    return {s.name: s for device in connection.devices.values() for s in device.describe()}
