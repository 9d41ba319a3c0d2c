"""A camera of an open configuration."""

from __future__ import annotations

from drivers.micromanager.camera import MicroManagerCamera
from drivers.micromanager.kind import MicroManagerConnection
from drivers.protocol import Device
from drivers.types import Value


def camera_of(connection: MicroManagerConnection, label: str = "Camera") -> MicroManagerCamera:
    camera = connection.devices[label]
    assert isinstance(camera, MicroManagerCamera)
    return camera


def apply(device: Device, values: dict[str, Value]) -> None:
    device.start(values)
    device.settle(5.0)
