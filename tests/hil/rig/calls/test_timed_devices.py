"""Each kind of call has a deadline of ours, and whoever misses it is named."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from drivers.errors import CaptureCancelled
from drivers.frame import Frame
from drivers.protocol import Camera
from drivers.types import Value
from hil.rig.calls.driver_calls import CallHangs, DriverCalls
from hil.rig.calls.timed_devices import TimedCamera, timed
from sim.microscope import KIND

EXPOSURE = "camera.exposure_ms"


class Hanging:
    """The simulated camera, one of whose calls does not return."""

    def __init__(self) -> None:
        options = KIND.options({"seed": 1, "height_px": 32, "width_px": 32}, Path())
        camera = KIND.open(options).devices["camera"]
        assert isinstance(camera, Camera)
        self.camera = camera
        self.label = "camera"
        self.hangs = ""
        self.go = threading.Event()

    def maybe(self, call: str) -> None:
        if call == self.hangs:
            self.go.wait(30)

    def describe(self) -> object:
        self.maybe("describe")
        return self.camera.describe()

    def read(self, setting: str) -> Value:
        self.maybe("read")
        return self.camera.read(setting)

    def start(self, values: Mapping[str, Value]) -> None:
        self.maybe("start")
        self.camera.start(values)

    def settle(self, timeout_s: float) -> None:
        self.maybe("settle")
        self.camera.settle(timeout_s)

    def stop(self) -> None:
        self.camera.stop()

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        self.maybe("capture")
        return self.frames(n, timeout_s)

    def frames(self, n: int, timeout_s: float) -> Iterator[Frame]:
        for i, frame in enumerate(self.camera.capture(n, timeout_s)):
            self.maybe(f"frame {i}")
            yield frame

    def cancel(self) -> None:
        self.camera.cancel()


@pytest.fixture
def device() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.go.set()


def use(camera: TimedCamera) -> None:
    camera.describe()
    camera.start({EXPOSURE: 20.0})
    camera.settle(0.1)
    camera.read(EXPOSURE)
    assert len(list(camera.capture(3, 0.1))) == 3


@pytest.mark.parametrize(
    ("hangs", "named"),
    [
        ("describe", "describe"),
        ("read", f"read {EXPOSURE}"),
        ("start", f"set {EXPOSURE}"),
        ("settle", "settle"),
        ("capture", "capture"),
        ("frame 0", "capture"),
        ("frame 2", "capture"),
    ],
)
def test_a_call_that_hangs_is_left_after_its_deadline(
    hangs: str, named: str, device: Hanging
) -> None:
    device.hangs = hangs
    camera = timed(device, DriverCalls("sim"), 0.2)  # type: ignore[arg-type]
    assert isinstance(camera, TimedCamera)
    began_s = time.monotonic()
    with pytest.raises(CallHangs, match=f"camera: {named} has not returned"):
        use(camera)
    assert time.monotonic() - began_s < 3.0


def test_nothing_is_changed_where_nothing_hangs(device: Hanging) -> None:
    camera = timed(device, DriverCalls("sim"), 5.0)  # type: ignore[arg-type]
    assert isinstance(camera, TimedCamera)
    use(camera)
    assert camera.label == "camera"


def test_a_long_exposure_is_no_hang(device: Hanging) -> None:
    """Its time is what was set, or what the camera reads where nothing was."""
    device.camera.start({EXPOSURE: 400.0})
    device.camera.settle(1.0)
    camera = timed(device, DriverCalls("sim"), 0.05)  # type: ignore[arg-type]
    assert isinstance(camera, TimedCamera)
    camera.describe()
    real = device.frames

    def slow(n: int, timeout_s: float) -> Iterator[Frame]:
        time.sleep(0.3)
        yield from real(n, timeout_s)

    device.frames = slow  # type: ignore[method-assign]
    assert len(list(camera.capture(1, 0.05))) == 1


def test_a_cancel_before_the_first_frame_is_not_lost(device: Hanging) -> None:
    camera = timed(device, DriverCalls("sim"), 5.0)  # type: ignore[arg-type]
    assert isinstance(camera, TimedCamera)
    frames = camera.capture(5000, 1.0)
    assert isinstance(next(frames), Frame)
    camera.cancel()
    with pytest.raises(CaptureCancelled):
        list(frames)
