from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from drivers.protocol import Connection
from drivers.types import Value
from hil.testing import DriverContract
from sim.microscope.rig import KIND


class TestSimulatedMicroscope(DriverContract):
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "stage.x_um": (20.0, -10.0),
        "stage.y_um": (15.0, 0.0),
        "focus.z_um": (1.5, -0.5),
        "light.power_mw": (0.5, 1.0),
        "mirror.z5_nm": (30.0, -20.0),
        "camera.binning": (2, 1),
        "camera.exposure_ms": (20.0, 10.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0

    @pytest.fixture
    def connection(self) -> Iterator[Connection]:
        connection = KIND.open(KIND.options({"seed": 1}, Path.cwd()))
        yield connection
        connection.close()


class TestSimulatedMicroscopeInRealTime(TestSimulatedMicroscope):
    @pytest.fixture
    def connection(self) -> Iterator[Connection]:
        connection = KIND.open(KIND.options({"seed": 1, "realtime": True}, Path.cwd()))
        yield connection
        connection.close()
