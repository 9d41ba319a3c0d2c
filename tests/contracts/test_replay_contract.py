from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drivers.protocol import Connection
from drivers.types import Value
from hil.rig.driver_kinds import driver_kind
from hil.testing import DriverContract
from tests.hil.replay.recorded_sessions import copied, session_named

FOLDER = Path(tempfile.mkdtemp(prefix="hil-contract-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
TABLE = {
    "session": session_named(copied(FOLDER), "exposures"),
    "database": str(FOLDER / "hil.db"),
}


class TestRecordedFrames(DriverContract):
    kind = "replay"
    needed: ClassVar[Mapping[str, Any]] = TABLE
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "camera.exposure_ms": (5.0, 2000.0),
        "light.power_mw": (1.0, 0.0),
        "replay.trial": (2, 0),
    }
    exposure = "camera.exposure_ms"

    @pytest.fixture
    def connection(self) -> Iterator[Connection]:
        kind = driver_kind("replay")
        connection = kind.open(kind.options({**TABLE, "realtime": True}, FOLDER))
        yield connection
        connection.close()
