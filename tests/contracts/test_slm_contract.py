from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drivers.errors import DriverError
from drivers.protocol import Connection
from drivers.types import Value
from hil.rig.driver_kinds import driver_kind
from hil.testing import DriverContract
from tests.drivers.slm.panels import TABLE, write_table


class TestModesOnAPanelInMemory(DriverContract):
    kind = "slm"
    needed: ClassVar[Mapping[str, Any]] = TABLE
    write_files = staticmethod(write_table)
    options: ClassVar[Mapping[str, Any]] = {"rest_ms": 3.0}
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "slm.z4_nm": (30.0, -20.0),
        "slm.z11_nm": (10.0, 5.0),
    }

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[Connection]:
        kind = driver_kind(self.kind)
        write_table(tmp_path)
        connection = kind.open(kind.options({**TABLE, **self.options}, tmp_path))
        yield connection
        connection.close()

    def test_errors_after_close_are_driver_errors_of_every_call(
        self, connection: Connection
    ) -> None:
        connection.close()
        name, (value, _) = next(iter(self.moves.items()))
        with pytest.raises(DriverError):
            connection.devices["slm"].read(name)
        with pytest.raises(DriverError):
            connection.devices["slm"].start({name: value})
