"""The three worked tables of examples/visa, each against pyvisa-sim."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from drivers.types import Value
from hil.testing import DriverContract

EXAMPLE = Path(__file__).parents[2] / "examples" / "visa"
PLAYED = f"{EXAMPLE / 'instruments.yaml'}@sim"


def table(name: str, resource: str) -> dict[str, Any]:
    return {"table": str(EXAMPLE / name), "resource": resource, "library": PLAYED}


class TestLaser(DriverContract):
    kind = "visa"
    needed: ClassVar[Mapping[str, Any]] = table("laser.toml", "ASRL1::INSTR")
    options = needed
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "laser.power_mw": (12.5, 3.0),
        "laser.emission": ("on", "off"),
    }


class TestStage(DriverContract):
    kind = "visa"
    options: ClassVar[Mapping[str, Any]] = table("stage.toml", "ASRL2::INSTR")
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "stage.x_um": (-123.4, 1500.0),
        "stage.wheel": ("red", "open"),
    }


class TestTube(DriverContract):
    kind = "visa"
    options: ClassVar[Mapping[str, Any]] = table("tube.toml", "ASRL3::INSTR")
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "tube.voltage_kv": (80.0, 40.0),
        "tube.current_ua": (200, 10),
    }
