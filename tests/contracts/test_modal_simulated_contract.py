from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drivers.protocol import Connection
from drivers.types import Value
from hil.rig.driver_kinds import driver_kind
from hil.testing import DriverContract
from tests.drivers.modal.mirrors import TABLE, write_mirror


class TestMicroscopeWithActuators(DriverContract):
    kind = "modal.simulated"
    needed: ClassVar[Mapping[str, Any]] = {k: v for k, v in TABLE.items() if k != "array"}
    write_files = staticmethod(write_mirror)
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "mirror.z5_nm": (30.0, -20.0),
        "focus.z_um": (1.5, -0.5),
        "light.power_mw": (0.5, 1.0),
        "camera.exposure_ms": (20.0, 10.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[Connection]:
        kind = driver_kind(self.kind)
        write_mirror(tmp_path)
        table = {**self.needed, "backlash": 0.02, "microscope": {"seed": 1}}
        connection = kind.open(kind.options(table, tmp_path))
        yield connection
        connection.close()
