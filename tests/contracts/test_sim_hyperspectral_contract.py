from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from drivers.protocol import Connection
from drivers.types import Value
from hil.testing import DriverContract
from sim.hyperspectral import KIND


class TestSimulatedHyperspectral(DriverContract):
    kind = "sim.hyperspectral"
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "stage.x_mm": (2.0, -1.0),
        "lamp.power_mw": (20.0, 0.0),
        "spectrometer.slit_um": (30.0, 16.0),
        "filter.centre2_nm": (600.0, 560.0),
        "filter.width4_nm": (10.0, 40.0),
        "camera.share1": (0.5, 1.0),
        "camera.exposure_ms": (50.0, 20.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[Connection]:
        # a small sample: the first frame of a large one takes a while
        reflectance = np.random.default_rng(0).random((2, 64, 64))
        np.savez(tmp_path / "cube.npz", wavelengths_nm=[400.0, 900.0], reflectance=reflectance)
        options = {"seed": 1, "side_px": 48, "scene": "cube.npz"}
        connection = KIND.open(KIND.options(options, tmp_path))
        yield connection
        connection.close()
