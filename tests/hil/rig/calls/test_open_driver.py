"""A driver that takes too long to open or to close does not hold up the rig."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import DeviceFault
from drivers.protocol import Connection
from hil.rig.calls.driver_calls import CallHangs, Hang
from hil.rig.calls.open_driver import OpenDriver
from hil.spec import RigSpec
from sim.microscope import KIND


class Slow:
    """The simulated microscope, that opens or closes when it is let go."""

    def __init__(self) -> None:
        self.hangs = ""
        self.go = threading.Event()
        self.closed = threading.Event()

    def options(self, table: Mapping[str, Any], folder: Path) -> Any:
        return KIND.options({"seed": 1, "height_px": 32, "width_px": 32}, folder)

    def resources(self, options: Any) -> tuple[str, ...]:
        return ()

    def open(self, options: Any) -> Connection:
        if self.hangs == "open":
            self.go.wait(30)
        if self.hangs == "raise":
            raise OSError("no such port")
        connection = KIND.open(options)
        real = connection.close

        def close() -> None:
            if self.hangs == "close":
                self.go.wait(30)
            real()
            self.closed.set()

        connection.close = close  # type: ignore[method-assign]
        return connection


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.go.set()


def opened(slow: Slow, hangs: list[Hang]) -> OpenDriver:
    spec = RigSpec.model_validate(
        {
            "name": "bench",
            "camera": "camera",
            "driver": [{"kind": "slow"}],
            "call_timeout_s": 0.2,
            "open_timeout_s": 30.0 if slow.hangs != "open" else 0.2,
        }
    )
    return OpenDriver("slow", slow, slow.options({}, Path()), spec, hangs.append)


def test_a_driver_that_opens_too_late_is_closed_when_it_has(slow: Slow) -> None:
    slow.hangs, hangs = "open", []  # type: ignore[var-annotated]
    with pytest.raises(CallHangs, match=r"slow: open has not returned for 0\.2 s"):
        opened(slow, hangs)
    assert [str(hang) for hang in hangs] == ["slow: open has not returned for 0.2 s"]
    slow.go.set()
    assert slow.closed.wait(30)


def test_a_driver_that_does_not_close_is_left(slow: Slow) -> None:
    slow.hangs, hangs = "close", []  # type: ignore[var-annotated]
    driver = opened(slow, hangs)
    assert "sim" in " ".join(driver.devices) or "camera" in driver.devices
    assert driver.versions()
    began_s = time.monotonic()
    driver.close()
    assert time.monotonic() - began_s < 3.0
    assert [hang.action for hang in hangs] == ["close"]


def test_what_a_driver_raises_is_an_error_of_ours(slow: Slow) -> None:
    slow.hangs = "raise"
    with pytest.raises(DeviceFault, match="no such port"):
        opened(slow, [])


@pytest.mark.parametrize("broken", ["versions", "warnings", "devices"])
def test_what_a_driver_says_of_itself_may_fail(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    class Broken:
        devices: Mapping[str, Any] = {}
        warnings = ("a note",)
        versions: Mapping[str, str] = {"library": "1"}

        def __init__(self) -> None:
            made.append(self)
            self.closed = False

        def close(self) -> None:
            self.closed = True

    def fails(connection: Broken) -> Any:
        raise RuntimeError("not connected")

    monkeypatch.setattr(Broken, broken, property(fails))
    kind = Slow()
    monkeypatch.setattr(kind, "open", lambda options: Broken())
    spec = RigSpec.model_validate({"name": "scope", "driver": [{"kind": "slow"}]})
    if broken == "devices":
        with pytest.raises(DeviceFault, match="RuntimeError: not connected"):
            OpenDriver("slow", kind, None, spec, lambda hang: None)
        assert made[0].closed
        return
    opened = OpenDriver("slow", kind, None, spec, lambda hang: None)
    assert opened.versions() == ({} if broken == "versions" else {"library": "1"})
    assert opened.warnings() == (() if broken == "warnings" else ("a note",))
    opened.close()


@pytest.mark.parametrize("does", ["hangs", "ends the program"])
def test_who_does_not_say_what_devices_there_are_is_closed(does: str, slow: Slow) -> None:
    """A property of the driver's, which may do anything."""
    waits, closed = threading.Event(), threading.Event()

    class Lazy:
        versions: Mapping[str, str] = {}

        @property
        def devices(self) -> Mapping[str, Any]:
            if does == "hangs":
                waits.wait(30)
            raise SystemExit(0)

        def close(self) -> None:
            closed.set()

    slow.open = lambda options: Lazy()  # type: ignore[assignment, method-assign, return-value]
    slow.hangs, hangs = "open", []  # type: ignore[var-annotated]
    began_s = time.monotonic()
    with pytest.raises((CallHangs, DeviceFault), match="devices"):
        opened(slow, hangs)
    waits.set()
    assert time.monotonic() - began_s < 20
    assert closed.wait(30)


def test_a_device_under_another_name_than_its_own_is_refused(slow: Slow) -> None:
    """Commands would go by one name and limits by the other."""
    real = slow.open

    def open_renamed(options: Any) -> Connection:
        connection = real(options)
        connection.devices = {f"the {n}": d for n, d in connection.devices.items()}  # type: ignore[misc]
        return connection

    slow.open = open_renamed  # type: ignore[method-assign]
    with pytest.raises(DeviceFault, match="calls itself"):
        opened(slow, [])
    assert slow.closed.is_set()


@pytest.mark.parametrize("error", [RuntimeError("no"), SystemExit(3), None], ids=repr)
def test_warnings_that_fail_or_hang_are_none(slow: Slow, error: BaseException | None) -> None:
    class Warns:
        def __init__(self, connection: Any) -> None:
            self.devices, self.close = connection.devices, connection.close

        @property
        def warnings(self) -> tuple[str, ...]:
            if error is not None:
                raise error
            slow.go.wait(30)
            return ("late",)

    real = slow.open
    slow.open = lambda options: Warns(real(options))  # type: ignore[assignment, method-assign]
    driver = opened(slow, [])
    assert driver.warnings() == ()
    slow.go.set()
    driver.close()
