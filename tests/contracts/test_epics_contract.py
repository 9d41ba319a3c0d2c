from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drivers.protocol import Connection
from drivers.types import Value
from hil.rig.driver_kinds import driver_kind
from hil.testing import DriverContract
from tests.drivers.epics.pva_server import SoftPvaServer, pva_table
from tests.drivers.epics.server import SoftServer, table


@pytest.fixture(scope="module")
def server() -> Iterator[SoftServer]:
    running = SoftServer()
    yield running
    running.end()


class TestVariablesOfASoftServer(DriverContract):
    kind = "epics"
    needed: ClassVar[Mapping[str, Any]] = table("127.0.0.1:1")
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "stand.x_um": (-123.4, 300.0),
        "stand.steps": (3, 7),
        "stand.valve": ("open", "closed"),
        "camera.exposure_ms": (20.0, 5.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0

    @pytest.fixture
    def connection(self, server: SoftServer, tmp_path: Path) -> Iterator[Connection]:
        kind = driver_kind(self.kind)
        connection = kind.open(kind.options(table(server.address), tmp_path))
        yield connection
        connection.close()


@pytest.fixture(scope="module")
def pva_server() -> Iterator[SoftPvaServer]:
    running = SoftPvaServer()
    yield running
    running.end()


class TestVariablesByPvAccess(DriverContract):
    kind = "epics"
    needed: ClassVar[Mapping[str, Any]] = pva_table(1)
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = TestVariablesOfASoftServer.moves
    exposure = "camera.exposure_ms"
    long_ms = 1000.0

    @pytest.fixture
    def connection(self, pva_server: SoftPvaServer, tmp_path: Path) -> Iterator[Connection]:
        kind = driver_kind(self.kind)
        connection = kind.open(kind.options(pva_table(pva_server.port), tmp_path))
        yield connection
        connection.close()
