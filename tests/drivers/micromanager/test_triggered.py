"""What devices are triggered through, by a core that only says what it would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drivers.errors import ConfigError, DeviceFault
from drivers.micromanager.triggered import stepped, stepping


class Core:
    """A camera, a stage and a wheel; keeps what it is told."""

    def __init__(self, able: bool = True, most: int = 10, broken: str = "") -> None:
        self.able, self.most, self.broken = able, most, broken
        self.told: list[tuple[Any, ...]] = []

    def getLoadedDevices(self) -> tuple[str, ...]:  # noqa: N802
        return ("Cam", "Cam.B", "Z", "Wheel")

    def hasProperty(self, label: str, name: str) -> bool:  # noqa: N802
        return (label, name) == ("Wheel", "Label")

    @contextmanager
    def words(self, device: str, action: str) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise DeviceFault(device, action, str(error)) from error

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> Any:
            if name.startswith("is"):
                return self.able
            if name.endswith("MaxLength"):
                return self.most
            self.told.append((name, *args))
            if name == self.broken:
                raise RuntimeError("no")
            return None

        return call


STATES = [
    {"Cam.exposure_ms": 5.0, "Z.position_um": 0.0, "Wheel.Label": "red", "Z.other": 1},
    {"Cam.exposure_ms": 9.0, "Z.position_um": 2.0, "Wheel.Label": "blue", "Z.other": 1},
]


def test_all_is_loaded_before_anything_starts_and_all_is_stopped() -> None:
    core: Any = Core()
    with stepping(core, stepped(core, "Cam", STATES)):
        core.told.append(("series",))
    assert core.told == [
        ("loadExposureSequence", "Cam", [5.0, 9.0]),
        ("loadStageSequence", "Z", [0.0, 2.0]),
        ("loadPropertySequence", "Wheel", "Label", ["red", "blue"]),
        ("startExposureSequence", "Cam"),
        ("startStageSequence", "Z"),
        ("startPropertySequence", "Wheel", "Label"),
        ("series",),
        ("stopExposureSequence", "Cam"),
        ("loadExposureSequence", "Cam", []),
        ("stopStageSequence", "Z"),
        ("stopPropertySequence", "Wheel", "Label"),
    ]


def test_what_was_started_is_stopped_after_a_fault() -> None:
    core: Any = Core(broken="startStageSequence")
    with pytest.raises(DeviceFault, match="Z"), stepping(core, stepped(core, "Cam", STATES)):
        pytest.fail("the series began")
    assert [name for name, *_ in core.told if name.startswith("stop")] == [
        "stopExposureSequence",
        "stopStageSequence",
    ]


@pytest.mark.parametrize(
    ("core", "states", "key", "said"),
    [
        (Core(able=False), STATES, "Cam.exposure_ms", "does not say that it can"),
        (Core(most=1), STATES, "Cam.exposure_ms", "2 steps, the device takes 1"),
        (Core(), [{"Wheel.Speed": 1}, {"Wheel.Speed": 2}], "Wheel.Speed", "does not say"),
        (
            Core(),
            [{"Cam.B.exposure_ms": 1.0}, {"Cam.B.exposure_ms": 2.0}],
            "Cam.B.exposure_ms",
            "n",
        ),
        (Core(), [{"Gone.x": 1}, {"Gone.x": 2}], "Gone.x", "does not say"),
    ],
)
def test_what_cannot_be_triggered(core: Any, states: Any, key: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        stepped(core, "Cam", states)
    assert refused.value.key == key
    assert core.told == []
