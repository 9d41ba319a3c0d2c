"""What a device raises or reads back that is none of ours; whole sessions: `test_driver_faults`."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
import pytest

from drivers.errors import DeviceFault
from drivers.protocol import BoundsTogether, Setting
from hil.rig.calls.foreign_errors import OurErrors, in_words


class Device:
    label = "mirror"

    def __init__(self, value: Any) -> None:
        self._value = value

    def describe(self) -> tuple[Setting, ...]:
        return (
            Setting("mirror.z5_nm", "float", "nm", -100, 100),
            Setting("mirror.mode", "choice", choices=("a", "b")),
        )

    def read(self, setting: str) -> Any:
        return self._value

    def start(self, values: Any) -> None: ...

    def settle(self, timeout_s: float) -> None: ...

    def stop(self) -> None: ...


def read(value: Any, setting: str = "mirror.z5_nm") -> Any:
    device = OurErrors(Device(value))
    device.describe()
    return device.read(setting)


class Odd(float):
    """A number of a class that behaves as it likes."""

    def refuse(self, *_: object) -> Any:
        raise RuntimeError("not so")

    __float__ = __eq__ = __lt__ = __repr__ = __str__ = __format__ = refuse
    __hash__ = None  # type: ignore[assignment]


class Place(IntEnum):
    THIRD = 3


class Mode(StrEnum):
    A = "a"


NUMBERS: list[Any] = [
    Odd(3),
    Place.THIRD,
    3,
    3.0,
    np.float32(3),
    np.int16(3),
    np.array(3.0),
    np.float64(3),
]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: type(value).__name__)
def test_numbers_of_numpy_are_numbers(value: Any) -> None:
    found = read(value)
    assert type(found) in (int, float) and found == 3


NO_VALUES: list[Any] = [
    None, True, np.bool_(True), b"3", 1j, Decimal(3), {}, [3.0], np.array([3.0]), "3.0", 10**400,
]  # fmt: skip


@pytest.mark.parametrize("value", NO_VALUES, ids=lambda value: type(value).__name__)
def test_what_is_no_value_is_a_fault_of_the_device(value: Any) -> None:
    with pytest.raises(DeviceFault, match=r"mirror: read mirror\.z5_nm: .* is no (value|number)"):
        read(value)


LONG = {"words": "x" * 10**6, "bytes": b"x" * 10**6, "list": [0] * 10**6, "digits": 10**5000}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
def test_it_is_said_in_a_line_that_a_person_reads(value: Any) -> None:
    with pytest.raises(DeviceFault) as told:
        read(value)
    assert len(str(told.value)) < 300


def test_a_choice_may_be_a_word() -> None:
    assert type(read(Mode.A, "mirror.mode")) is str
    assert read("a", "mirror.mode") == "a"


def bounds(**changes: Any) -> BoundsTogether:
    ones = np.ones(1)
    plain: dict[str, Any] = {
        "settings": ("mirror.z5_nm",),
        "matrix": np.ones((1, 1)),
        "offset": 0 * ones,
        "lows": -ones,
        "highs": ones,
    }
    return BoundsTogether(**{**plain, **changes})


@pytest.mark.parametrize(
    "told",
    [
        None,
        3.0,
        [None],
        [bounds(settings=())],
        [bounds(settings=("mirror.mode",))],
        [bounds(settings=("light.power_mw",))],
        [bounds(matrix=np.ones((2, 1)))],
        [bounds(matrix=[[1.0]])],
        [bounds(matrix=np.array([[np.nan]]))],
        [bounds(matrix=np.array([["1"]]))],
        [bounds(offset=np.array([np.inf]))],
        [bounds(highs=np.array([np.nan]))],
        [bounds(highs=np.array([-2.0]))],
        [bounds(names=("a", "b"))],
        [bounds(sum_abs=math.nan)],
        [bounds(sum_abs="x")],
        [bounds(matrix=None)],
        RuntimeError("no\nanswer"),
    ],
)
def test_bounds_that_are_none_are_a_fault_of_the_device(told: Any) -> None:
    device: Any = Device(1.0)

    def say() -> Any:
        if isinstance(told, Exception):
            raise told
        return told

    device.bounds_together = say
    ours = OurErrors(device)
    ours.describe()
    with pytest.raises(DeviceFault, match="mirror: bounds_together: ") as fault:
        ours.bounds_together()
    assert "\n" not in str(fault.value)


def test_bounds_come_as_the_device_says_them() -> None:
    device: Any = Device(1.0)
    assert OurErrors(device).bounds_together() == ()
    assert not OurErrors(device).has_bounds_together
    one = bounds(highs=np.array([np.inf]), lows=np.array([-np.inf]), names=("a",))
    device.bounds_together = lambda: [one]
    ours = OurErrors(device)
    ours.describe()
    assert ours.bounds_together() == (one,) and ours.has_bounds_together


def test_an_error_of_many_lines_is_one_line() -> None:
    error = RuntimeError("serial port:\n  no answer\r\n\tTraceback")
    assert in_words(error) == "RuntimeError: serial port: no answer Traceback"


def test_an_error_without_words_is_its_name_alone() -> None:
    assert in_words(MemoryError()) == "MemoryError"
