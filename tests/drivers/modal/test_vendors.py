"""Makers' libraries, as doubles that know the order, range and types of their calls."""

from __future__ import annotations

import ctypes
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.errors import ConfigError, DeviceFault, DeviceLost
from drivers.modal import vendors
from drivers.modal.array import ActuatorArray, array_kind
from drivers.modal.kind import KIND
from tests.drivers.modal.mirrors import write_mirror

N = 140


def checked(values: Any, low: float, high: float) -> list[float]:
    """What a C library would be handed: a list of so many Python floats in range."""
    assert isinstance(values, list)
    assert len(values) == N
    assert all(type(value) is float and low <= value <= high for value in values)
    return list(values)


class BmcDm:
    """``bmc.BmcDm``: open first, data once open, nothing after close; codes, not exceptions."""

    log: list[str]

    def __init__(self) -> None:
        type(self).log = []
        self._data: list[float] | None = None

    def _note(self, call: str, *after: str) -> None:
        assert all(one in self.log for one in after), (call, self.log)
        assert "close_dm" not in self.log
        self.log.append(call)

    def open_dm(self, serial: str) -> int:
        assert type(serial) is str
        self._note("open_dm")
        return 0 if serial == "17DW008#094" else 5

    def num_actuators(self) -> int:
        self._note("num_actuators", "open_dm")
        return N

    def send_data(self, values: Any) -> int:
        self._note("send_data", "open_dm")
        self._data = checked(values, 0.0, 1.0)
        return 0

    def get_actuator_data(self) -> list[float]:
        # the library is said to crash where nothing was sent before
        self._note("get_actuator_data", "send_data")
        assert self._data is not None
        return self._data

    def close_dm(self) -> int:
        self._note("close_dm", "open_dm")
        return 0

    def error_string(self, code: int) -> str:
        return f"error {code}: no such mirror"


class Dm:
    """``asdk.DM``."""

    log: list[str]

    def __init__(self, serial: str) -> None:
        assert type(serial) is str
        type(self).log = ["DM"]
        self._known = serial == "BAX513"

    def Get(self, name: str) -> float:  # noqa: N802
        assert name == "NBOfActuator"
        return float(N) if self._known else 0.0

    def Send(self, values: Any) -> int:  # noqa: N802
        assert "Reset" not in self.log
        checked(values, -1.0, 1.0)
        self.log.append("Send")
        return 0

    def Reset(self) -> None:  # noqa: N802
        self.log.append("Reset")


class Tldfm:
    """``TLDFM_64.dll``, called with ctypes as its header says."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self._volts = [0.0] * N
        self.fails = 0

    def TLDFM_init(self, resource: Any, query: Any, reset: Any, session: Any) -> int:  # noqa: N802
        assert isinstance(resource, ctypes.c_char_p)
        assert (query.value, reset.value) == (1, 0), "a reset would move the mirror"
        self.log.append("init")
        if resource.value != b"USB0::0x1313::0x2E01::M1::RAW":
            return -1073807343
        session._obj.value = 42
        return 0

    def TLDFM_get_segment_count(self, session: Any, count: Any) -> int:  # noqa: N802
        assert session.value == 42
        count._obj.value = N
        return 0

    def TLDFM_set_segment_voltages(self, session: Any, volts: Any) -> int:  # noqa: N802
        assert session.value == 42
        assert isinstance(volts, ctypes.Array)
        assert volts._type_ is ctypes.c_double
        self._volts = checked(volts[:], 0.0, 300.0)
        self.log.append("set")
        return self.fails

    def TLDFM_get_segment_voltages(self, session: Any, volts: Any) -> int:  # noqa: N802
        assert session.value == 42
        assert len(volts) == N
        volts[:] = self._volts
        return 0

    def TLDFM_error_message(self, session: Any, status: Any, text: Any) -> int:  # noqa: N802
        assert status.value < 0
        text.value = b"Insufficient location information"
        return 0

    def TLDFM_close(self, session: Any) -> int:  # noqa: N802
        self.log.append("close")
        return 0


@pytest.fixture
def dll(monkeypatch: pytest.MonkeyPatch) -> Tldfm:
    """Every library of the three makers, as a double; the third is handed back."""
    bmc, asdk = types.ModuleType("bmc"), types.ModuleType("asdk")
    bmc.BmcDm, asdk.DM = BmcDm, Dm  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bmc", bmc)
    monkeypatch.setitem(sys.modules, "asdk", asdk)
    double = Tldfm()
    monkeypatch.setattr(vendors, "_thorlabs_library", lambda: double)
    return double


ARRAYS = [
    ("bmc", "17DW008#094", 0.25),
    ("alpao", "BAX513", -0.75),
    ("thorlabs", "USB0::0x1313::0x2E01::M1::RAW", 120.0),
]


def opened(name: str, serial: str) -> ActuatorArray:
    kind = array_kind(name)
    return kind.open(kind.options(serial=serial))


@pytest.mark.parametrize(("name", "serial", "value"), ARRAYS)
@pytest.mark.usefixtures("dll")
def test_what_is_sent_is_read(name: str, serial: str, value: float) -> None:
    array = opened(name, serial)
    assert array.n_actuators == N
    array.send(np.full(N, value))
    assert array.read().tolist() == [value] * N
    array.close()
    array.close()
    for call in (array.read, lambda: array.send(np.zeros(N))):
        with pytest.raises(DeviceLost):
            call()


@pytest.mark.parametrize(("name", "serial", "value"), ARRAYS)
@pytest.mark.usefixtures("dll")
def test_an_unknown_serial_is_a_fault_in_the_makers_words(
    name: str, serial: str, value: float
) -> None:
    with pytest.raises(DeviceFault, match=r"no such mirror|there is no mirror|Insufficient"):
        opened(name, "nobody")


def test_a_failed_send_is_a_fault(dll: Tldfm) -> None:
    array = opened(*ARRAYS[2][:2])
    dll.fails = -1
    with pytest.raises(DeviceFault, match="Insufficient"):
        array.send(np.zeros(N))


@pytest.mark.parametrize(("name", "serial", "value"), ARRAYS)
def test_modes_move_it_within_its_range(
    name: str, serial: str, value: float, dll: Tldfm, tmp_path: Path
) -> None:
    """The doubles assert order, type and range at every call."""
    scale = 300.0 if name == "thorlabs" else 1.0
    table = write_mirror(tmp_path, scale / 3000)
    modes = (tmp_path / "modes.csv").read_text(encoding="utf-8")
    (tmp_path / "modes.csv").write_text(modes.split("\n", 1)[1], encoding="utf-8")
    np.save(tmp_path / "flat.npy", np.load(tmp_path / "flat.npy") * scale)
    table |= {"array": {"kind": name, "serial": serial}, "backlash": 0.02 * scale}
    for key in ("unit", "low", "high", "sum_high", "neighbour_max"):
        del table[key]
    connection = KIND.open(KIND.options(table, tmp_path))
    mirror = connection.devices["mirror"]
    rng = np.random.default_rng(2)
    for _ in range(50):
        values = {s.name: float(0.1 * rng.uniform(s.low, s.high)) for s in mirror.describe()}
        mirror.start(values)
        mirror.settle(1.0)
        assert all(abs(float(mirror.read(n)) - v) < 1e-6 for n, v in values.items())
    connection.close()
    log: Callable[[], list[str]] = {
        "bmc": lambda: BmcDm.log,
        "alpao": lambda: Dm.log,
        "thorlabs": lambda: dll.log,
    }[name]
    sends = {"bmc": "send_data", "alpao": "Send", "thorlabs": "set"}[name]
    assert log().count(sends) == 1 + 2 * 50
    assert log()[-1] in ("close_dm", "Reset", "close")


@pytest.mark.parametrize(("name", "serial", "value"), ARRAYS)
def test_a_missing_library_is_one_line_that_names_it(name: str, serial: str, value: float) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(name, serial)
    wanted = {"bmc": "module 'bmc'", "alpao": "module 'asdk'", "thorlabs": "TLDFM_64.dll"}[name]
    assert wanted in str(caught.value)
    assert "\n" not in str(caught.value)
