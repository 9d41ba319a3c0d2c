"""What a table of kind "epics" may say; and frames of an areaDetector, pixel by pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from pydantic import ValidationError

from drivers.epics.channels import Described
from drivers.epics.detector import AreaDetector
from drivers.epics.kind import KIND
from drivers.epics.tables import DetectorTable
from drivers.errors import DeviceFault, FrameTimeout
from tests.drivers.epics.server import table


class Wrong(NamedTuple):
    changes: dict[str, Any]
    words: str


ONE = {"name": "x_um", "pv": "A:X"}
WRONG = {
    "nothing": Wrong({"settings": [], "camera": None}, "settings: needed, or a camera"),
    "twice": Wrong({"settings": [ONE, ONE]}, "a name is given twice"),
    "bounds": Wrong({"settings": [{**ONE, "low": 2, "high": 1}]}, "2 is not below high, 1"),
    "choices and bounds": Wrong(
        {"settings": [{**ONE, "low": 2, "choices": ["a"]}]}, "not beside low and high"
    ),
    "a name": Wrong({"settings": [{**ONE, "name": "x um"}]}, "'x um', allowed"),
    "a pv": Wrong({"settings": [{**ONE, "pv": "A X"}]}, "settings.0.pv"),
    "a protocol alone": Wrong({"settings": [{**ONE, "pv": "pva://"}]}, "'pva://', allowed: NAME"),
    "another protocol": Wrong({"settings": [{**ONE, "pv": "PVA://A:X"}]}, "or pva://NAME"),
    "a read-back": Wrong({"settings": [{**ONE, "readback": "ca://A:X"}]}, "'ca://A:X', allowed"),
    "a prefix": Wrong({"camera": {"prefix": "http://A:", "bit_depth": 8}}, "'http://A:', allowed"),
    "an address": Wrong({"addresses": ["a b"]}, "'a b', allowed: \"host\" or"),
    "labels": Wrong({"label": "camera"}, "camera.label: 'camera' is the settings' own"),
    "an alarm": Wrong({"alarm": "bad"}, "'minor', 'major' or 'invalid'"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_mistakes_are_told(case: Wrong) -> None:
    with pytest.raises(ValidationError, match=case.words):
        KIND.options(table("127.0.0.1:1") | case.changes, Path())


def test_variables_that_are_written_belong_to_one_process() -> None:
    held = KIND.resources(KIND.options(table("127.0.0.1:1"), Path()))
    assert "epics:DESK:X" in held and "epics:DESK:cam1:" in held


class Played:
    """Channels of an areaDetector that is played."""

    def __init__(self, pixels: list[int], kind: int = 3, shape: tuple[int, int] = (3, 2)) -> None:
        self.values: dict[str, Any] = {
            "D:cam1:AcquireTime_RBV": 0.01,
            "D:image1:UniqueId_RBV": 1,
            "D:image1:ArraySize0_RBV": shape[0],
            "D:image1:ArraySize1_RBV": shape[1],
            "D:image1:ArraySize2_RBV": 0,
            "D:image1:DataType_RBV": kind,
        }
        self.pixels, self.takes = pixels, True

    def describe(self, name: str) -> Described:
        choices = ("Int8", "UInt8", "Int16", "UInt16") if "DataType" in name else ()
        return Described("enum" if choices else "float", None, None, choices, True)

    def read(self, name: str) -> Any:
        return self.values[name]

    def read_array(self, name: str, count: int) -> Any:
        return np.array(self.pixels)[:count]

    def write(self, name: str, value: Any, done: Any, after: str = "") -> None:
        if name == "D:cam1:Acquire" and self.takes:
            self.values["D:image1:UniqueId_RBV"] += 1

    def require(self, name: str) -> None:
        pass

    def write_soon(self, name: str, value: int) -> None:
        pass


def detector(**said: Any) -> AreaDetector:
    return AreaDetector(DetectorTable(prefix="D:", bit_depth=16), Played(**said))  # type: ignore[arg-type]


def test_signed_numbers_on_the_way_are_the_unsigned_pixels() -> None:
    (frame,) = detector(pixels=[0, 1, 32767, -32768, -1, 300]).capture(1, 1.0)
    assert frame.pixels.tolist() == [[0, 1, 32767], [32768, 65535, 300]]
    assert frame.pixels.dtype == np.uint16 and frame.meta.exposure_ms == 10.0
    (frame,) = detector(pixels=[0, 1, 127, -128, -1, 9], kind=1).capture(1, 1.0)
    assert frame.pixels.tolist() == [[0, 1, 127], [128, 255, 9]]
    assert frame.pixels.dtype == np.uint8


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"pixels": [1] * 6, "kind": 2}, "3 x 2 x 0 of Int16, allowed"),
        ({"pixels": [1] * 5}, "5 of 6 pixels came"),
        ({"pixels": [], "shape": (0, 0)}, "0 x 0 x 0"),
    ],
)
def test_what_is_no_image_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(DeviceFault, match=words):
        list(detector(**said).capture(1, 1.0))


def test_a_frame_that_does_not_come_is_late() -> None:
    camera = detector(pixels=[1] * 6)
    camera._channels.takes = False  # type: ignore[attr-defined]
    with pytest.raises(FrameTimeout, match=r"frame 0 did not come within 0\.05 s"):
        list(camera.capture(1, 0.05))
