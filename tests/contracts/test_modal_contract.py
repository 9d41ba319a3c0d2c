from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from drivers.errors import DriverError
from drivers.protocol import Connection
from drivers.types import Value
from hil.rig.driver_kinds import driver_kind
from hil.testing import DriverContract
from tests.drivers.modal.mirrors import MODES, TABLE, write_mirror


class TestModesInMemory(DriverContract):
    kind = "modal"
    needed: ClassVar[Mapping[str, Any]] = TABLE
    write_files = staticmethod(write_mirror)
    options: ClassVar[Mapping[str, Any]] = {}
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        f"mirror.{MODES[0]}": (30.0, -20.0),
        f"mirror.{MODES[3]}": (10.0, 5.0),
    }

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[Connection]:
        kind = driver_kind(self.kind)
        write_mirror(tmp_path)
        table = {**TABLE, **self.options}
        connection = kind.open(kind.options(table, tmp_path))
        yield connection
        connection.close()

    def test_errors_after_close_are_driver_errors_of_every_call(
        self, connection: Connection
    ) -> None:
        connection.close()
        name, (value, _) = next(iter(self.moves.items()))
        with pytest.raises(DriverError):
            connection.devices["mirror"].read(name)
        with pytest.raises(DriverError):
            connection.devices["mirror"].start({name: value})


class TestModesFromBelowOnACoarseConverter(TestModesInMemory):
    options: ClassVar[Mapping[str, Any]] = {
        "backlash": 0.02,
        "rest_ms": 4.0,
        "step": 2.0**-14,
        "array": {"kind": "memory", "actuators": 140, "step": 2.0**-14},
    }


def test_a_coarse_converter_reads_within_the_tolerance_it_states(tmp_path: Path) -> None:
    kind = driver_kind("modal")
    write_mirror(tmp_path)
    table = {**TABLE, **TestModesFromBelowOnACoarseConverter.options}
    mirror = kind.open(kind.options(table, tmp_path)).devices["mirror"]
    rng = np.random.default_rng(3)
    settings = mirror.describe()
    for _ in range(50):
        values = {s.name: float(0.1 * rng.uniform(s.low, s.high)) for s in settings}
        mirror.start(values)
        mirror.settle(1.0)
        for setting in settings:
            assert abs(mirror.read(setting.name) - values[setting.name]) <= setting.tolerance
