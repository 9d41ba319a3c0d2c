"""The light box keeps the contract of every driver."""

from typing import ClassVar

from hil.testing import DriverContract


class TestLightbox(DriverContract):
    kind = "acme.lightbox"
    options: ClassVar = {"seed": 1}
    moves: ClassVar = {"lamp.power_mw": (2.0, 5.0), "camera.exposure_ms": (5.0, 10.0)}
    exposure = "camera.exposure_ms"
