"""The soft server of examples/epics/pva_ioc.py, in this process: it is no part of the package."""

from __future__ import annotations

import importlib.util
import tomllib
from typing import Any

import pytest

from tests.drivers.epics.server import EXAMPLE


def pva_table(port: int, *settings: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What examples/epics/pva_rig.toml says of the driver, served elsewhere."""
    text = (EXAMPLE / "pva_rig.toml").read_text(encoding="utf-8")
    (said,) = tomllib.loads(text)["driver"]
    del said["kind"]
    said |= {"addresses": [f"pva://127.0.0.1:{port}"], "timeout_s": 5.0}
    if settings:
        said["settings"] = list(settings)
        del said["camera"]
    return {**said, **changes}


class SoftPvaServer:
    """A running server, and the stand behind it."""

    def __init__(self) -> None:
        pytest.importorskip("p4p", reason="it has no wheels for Linux on ARM")
        spec = importlib.util.spec_from_file_location("pva_ioc", EXAMPLE / "pva_ioc.py")
        assert spec is not None and spec.loader is not None
        self._ioc: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._ioc)
        self.stand: Any = self._ioc.Stand()
        self.pvs: dict[str, Any] = self.stand.pvs
        self._server: Any = None
        self.port = 0
        self.begin()

    def begin(self) -> None:
        self._server = self._ioc.serve(self.stand, self.port)
        self.port = int(self._server.conf()["EPICS_PVAS_BROADCAST_PORT"])

    def end(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
        self.stand.end_moves()
