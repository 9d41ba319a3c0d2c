"""Devices that only remember: enough to see what passes through safety, and in what order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from drivers.errors import DeviceFault
from drivers.protocol import Alias, Setting
from drivers.types import Value


@dataclass
class Bench:
    """One device that writes down every command."""

    label: str
    settings: tuple[Setting, ...]
    values: dict[str, Value]
    log: list[tuple[str, Mapping[str, Value]]]
    broken: set[str] = field(default_factory=set)

    def describe(self) -> tuple[Setting, ...]:
        return self.settings

    def read(self, setting: str) -> Value:
        return self.values[setting]

    def start(self, values: Mapping[str, Value]) -> None:
        for name in values:
            if name in self.broken:
                raise DeviceFault(self.label, "start", "the cable is out")
        self.log.append((self.label, dict(values)))
        self.values.update(values)

    def settle(self, timeout_s: float) -> None:
        self.log.append((f"{self.label} settled", {}))

    def stop(self) -> None:
        self.log.append((f"{self.label} stopped", {}))


Benches = dict[str, Bench]


def make_benches() -> Benches:
    log: list[tuple[str, Mapping[str, Value]]] = []
    wheel = {0: "DAPI", 1: "FITC"}
    settings = {
        "Z": (Setting("Z.position_um", "float", "um", 0, 100, role="position", backlash=2),),
        "mirror": (
            Setting("mirror.z4_nm", "float", "nm", -200, 200),
            Setting("mirror.z5_nm", "float", "nm", -200, 200),
        ),
        "laser": (Setting("laser.power_mw", "float", "mw", 0, 50, role="light"),),
        "Wheel.1": (
            Setting(
                "Wheel.1.Label",
                "choice",
                choices=("DAPI", "FITC"),
                aliases=(Alias("Wheel.1.State", wheel),),
            ),
            Setting("Wheel.1.turns", "int", low=0, high=9),
        ),
        "door": (Setting("door.state", "choice", choices=("open", "shut"), read_only=True),),
        "Preset": (
            Setting(
                "Preset.Channel",
                "choice",
                choices=("blue", "bright"),
                role="preset",
                expands={
                    "blue": {"Wheel.1.Label": "DAPI", "laser.power_mw": 5.0},
                    "bright": {"Wheel.1.Label": "FITC", "laser.power_mw": 40.0},
                },
            ),
        ),
    }
    start: dict[str, Value] = {
        "Z.position_um": 50.0,
        "mirror.z4_nm": 0.0,
        "mirror.z5_nm": 0.0,
        "laser.power_mw": 1.0,
        "Wheel.1.Label": "FITC",
        "Wheel.1.turns": 3,
        "door.state": "shut",
        "Preset.Channel": "blue",
    }
    return {
        label: Bench(label, own, {s.name: start[s.name] for s in own}, log)
        for label, own in settings.items()
    }


@pytest.fixture
def benches() -> Benches:
    return make_benches()


@pytest.fixture(scope="session")
def new_benches() -> Callable[[], Benches]:
    return make_benches


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many threads as the system grants are there already."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
