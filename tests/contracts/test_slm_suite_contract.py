"""slmsuite's simulated modulator by itself, and in the simulated microscope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drivers.protocol import Connection
from drivers.types import Value
from hil.rig.driver_kinds import driver_kind
from hil.testing import DriverContract
from tests.contracts.test_slm_contract import TestModesOnAPanelInMemory as InMemory
from tests.drivers.slm.panels import PANEL, write_table


class TestModesOnASuitePanel(InMemory):
    options: ClassVar[Mapping[str, Any]] = {"modulator": {"kind": "simulated"}, "bits": 8}


class TestMicroscopeWithModulator(DriverContract):
    kind = "slm.simulated"
    needed: ClassVar[Mapping[str, Any]] = PANEL
    write_files = staticmethod(write_table)
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "slm.z5_nm": (30.0, -20.0),
        "stage.x_um": (1.5, -0.5),
        "light.power_mw": (0.5, 1.0),
        "camera.exposure_ms": (20.0, 10.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[Connection]:
        kind = driver_kind(self.kind)
        write_table(tmp_path)
        connection = kind.open(kind.options({**PANEL, "seed": 1}, tmp_path))
        yield connection
        connection.close()
