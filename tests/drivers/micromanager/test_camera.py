"""Frames: light, lateness, loss, and what a frame may be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from drivers.errors import (
    CaptureCancelled,
    DeviceFault,
    FrameLost,
    FrameTimeout,
    ValueRefused,
)
from drivers.frame import Frame
from drivers.micromanager.kind import MicroManagerConnection
from drivers.types import Value
from tests.drivers.conftest import Open
from tests.drivers.micromanager.camera_parts import apply, camera_of

SHUTTER = "White Light Shutter"
LARGE_SENSOR = """
Device,Camera,DemoCamera,DCam
Property,Core,Initialize,1
Property,Core,Camera,Camera
Property,Camera,OnCameraCCDXSize,2048
Property,Camera,OnCameraCCDYSize,2048
Property,Camera,PixelType,16bit
Property,Camera,Mode,Noise
"""
SLOW_SHUTTER = """
Device,Camera,DemoCamera,DCam
Device,White Light Shutter,DemoCamera,DShutter
Property,Core,Initialize,1
Delay,White Light Shutter,300
Property,Core,Camera,Camera
Property,Core,Shutter,White Light Shutter
Property,Core,AutoShutter,1
"""
TWO_CAMERAS = """
Device,One,DemoCamera,DCam
Device,Two,DemoCamera,DCam
Device,Both,Utilities,Multi Camera
Property,Core,Initialize,1
Property,Both,Physical Camera 1,One
Property,Both,Physical Camera 2,Two
Property,Core,Camera,Both
"""


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < end


def lit(connection: MicroManagerConnection) -> Value:
    return connection.devices[SHUTTER].read(f"{SHUTTER}.State")


# --- light ---------------------------------------------------------------------------------------


def test_the_shutter_is_open_for_a_series_and_closed_after(demo: MicroManagerConnection) -> None:
    seen = [lit(demo) for _ in camera_of(demo).capture(3, 5.0)]
    assert seen == [1, 1, 1]
    assert lit(demo) == 0
    assert demo._core.getAutoShutter()


def test_the_shutter_is_closed_when_frames_are_left(demo: MicroManagerConnection) -> None:
    frames = camera_of(demo).capture(3, 5.0)
    next(iter(frames))
    assert lit(demo) == 1
    frames.close()  # type: ignore[attr-defined]
    assert lit(demo) == 0
    assert demo._core.getAutoShutter()


def test_the_shutter_is_closed_after_an_error(demo: MicroManagerConnection) -> None:
    camera = camera_of(demo)
    with pytest.raises(CaptureCancelled):
        for _ in camera.capture(100, 5.0):
            camera.cancel()
    assert lit(demo) == 0
    assert demo._core.getAutoShutter()


def test_without_auto_shutter_light_stays_as_it_is_set(demo: MicroManagerConnection) -> None:
    demo._core.setAutoShutter(False)
    for state in (1, 0):
        apply(demo.devices[SHUTTER], {f"{SHUTTER}.State": state})
        assert {lit(demo) for _ in camera_of(demo).capture(2, 5.0)} == {state}
        assert lit(demo) == state


def test_a_slow_shutter_is_waited_for_once_a_series(open_config: Open) -> None:
    """With snapImage each frame would cost two of its delays."""
    camera = camera_of(open_config(SLOW_SHUTTER))
    began = time.monotonic()
    assert len(list(camera.capture(5, 5.0))) == 5
    assert 0.3 <= time.monotonic() - began < 1.0


def test_the_shutter_of_the_light_path_is_the_one_that_opens(demo: MicroManagerConnection) -> None:
    preset = demo.devices["Preset"]
    apply(preset, {"Preset.Channel-Multiband": "Cy5"})
    camera = camera_of(demo)
    assert camera.read("Camera.auto_shutter") == "LED Shutter"
    led = demo.devices["LED Shutter"]
    apply(demo.devices[SHUTTER], {f"{SHUTTER}.State": 0})
    seen = [(led.read("LED Shutter.State"), lit(demo)) for _ in camera.capture(2, 5.0)]
    assert seen == [(1, 0), (1, 0)]
    assert led.read("LED Shutter.State") == 0


# --- lateness, loss, cancelling ------------------------------------------------------------------


def test_a_late_frame_is_told(open_config: Open) -> None:
    """The demo camera draws 4 million noisy pixels in a tenth of a second or more."""
    camera = camera_of(open_config(LARGE_SENSOR))
    apply(camera, {"Camera.exposure_ms": 1.0})
    with pytest.raises(FrameTimeout, match="frame 0 did not come within") as caught:
        list(camera.capture(2, 0.005))
    assert 0.005 <= caught.value.waited_s < 0.1


def test_overflow_is_an_error_and_no_shorter_stack(open_config: Open) -> None:
    connection = open_config(LARGE_SENSOR, buffer_mb=32)
    camera = camera_of(connection)
    apply(camera, {"Camera.exposure_ms": 1.0, "Camera.FastImage": 1})
    frames: Iterator[Frame] = camera.capture(30, 5.0)
    got = [next(frames)]
    # The camera goes on taking frames that nobody fetches.
    until(connection._core.isBufferOverflowed)
    with pytest.raises(FrameLost, match="faster than they were fetched") as caught:
        got += frames
    assert caught.value.wanted == 30
    assert caught.value.received < 30


def test_the_buffer_holds_the_series(open_config: Open) -> None:
    """The core's own 250 MB hold 31 frames of this size."""
    connection = open_config(LARGE_SENSOR, buffer_mb=512)
    camera = camera_of(connection)
    apply(camera, {"Camera.exposure_ms": 1.0, "Camera.FastImage": 1})
    frames = camera.capture(40, 5.0)
    shapes = [next(frames).pixels.shape]
    # Nothing is fetched until all have been taken.
    until(lambda: not connection._core.isSequenceRunning("Camera"))
    shapes += [frame.pixels.shape for frame in frames]
    assert shapes == [(2048, 2048)] * 40


def test_a_gap_in_the_image_numbers_is_told(
    demo: MicroManagerConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = demo._core
    pop = core.popNextImageAndMD

    def drop_one() -> Any:
        if core.getRemainingImageCount() == 1 and not dropped:
            dropped.append(pop())
            until(lambda: core.getRemainingImageCount() > 0)
        return pop()

    dropped: list[Any] = []
    monkeypatch.setattr(core, "popNextImageAndMD", drop_one)
    with pytest.raises(FrameLost, match="frame 0 came as number 1"):
        list(camera_of(demo).capture(4, 5.0))


def test_settings_do_not_change_under_a_running_series(demo: MicroManagerConnection) -> None:
    """The core would take a new exposure, and the rest of the series would have two."""
    camera = camera_of(demo)
    frames = camera.capture(50, 5.0)
    next(frames)
    apply(camera, {"Camera.exposure_ms": 3.0})
    with pytest.raises(FrameLost, match="stopped before the end"):
        for frame in frames:
            assert frame.meta.exposure_ms == 10.0
    assert {frame.meta.exposure_ms for frame in camera.capture(2, 5.0)} == {3.0}


def test_a_cancelled_exposure_does_not_hold_up_the_rig(demo: MicroManagerConnection) -> None:
    """Ending the series at once would block every device of the adapter for the exposure."""
    camera = camera_of(demo)
    apply(camera, {"Camera.exposure_ms": 1500.0})
    timer = threading.Timer(0.1, camera.cancel)
    timer.start()
    with pytest.raises(CaptureCancelled):
        list(camera.capture(4, 5.0))
    timer.join()
    began = time.monotonic()
    assert lit(demo) == 0
    apply(demo.devices["Z"], {"Z.position_um": 9.0})
    apply(demo.devices[SHUTTER], {f"{SHUTTER}.State": 0})
    assert time.monotonic() - began < 0.5
    apply(camera, {"Camera.exposure_ms": 2.0})
    assert [f.meta.exposure_ms for f in camera.capture(2, 5.0)] == [2.0, 2.0]


def test_long_exposures_make_a_series_too(demo: MicroManagerConnection) -> None:
    camera = camera_of(demo)
    apply(camera, {"Camera.exposure_ms": 600.0})
    frames = list(camera.capture(2, 5.0))
    assert [frame.meta.index for frame in frames] == [0, 1]
    assert lit(demo) == 0


# --- what a frame is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "dtype", "saturation_adu"),
    [
        ({"Camera.PixelType": "8bit"}, np.uint8, 255),
        ({"Camera.BitDepth": 12}, np.uint16, 4095),
        ({"Camera.BitDepth": 16}, np.uint16, 65535),
    ],
    ids=str,
)
def test_saturation_follows_the_bit_depth(
    demo: MicroManagerConnection, values: dict[str, Value], dtype: Any, saturation_adu: int
) -> None:
    camera = camera_of(demo)
    flood: dict[str, Value] = {
        "Camera.Mode": "Noise",
        "Camera.Photon Flux": 5000.0,
        "Camera.Photon Conversion Factor": 0.01,
        "Camera.exposure_ms": 20.0,
    }
    apply(camera, {**values, **flood})
    (frame,) = camera.capture(1, 5.0)
    assert frame.pixels.dtype == dtype
    assert frame.meta.saturation_adu == saturation_adu
    assert int(frame.pixels.max()) == saturation_adu


@pytest.mark.parametrize("pixel_type", ["32bitRGB", "32bit"])
def test_colour_and_float_are_refused(demo: MicroManagerConnection, pixel_type: str) -> None:
    camera = camera_of(demo)
    with pytest.raises(ValueRefused):
        camera.start({"Camera.PixelType": pixel_type})
    demo._core.setProperty("Camera", "PixelType", pixel_type)  # as a start-up preset may
    with pytest.raises(DeviceFault, match=r"colour|4 bytes"):
        list(camera.capture(1, 5.0))


def test_interleaved_cameras_are_refused(open_config: Open) -> None:
    connection = open_config(TWO_CAMERAS)
    with pytest.raises(DeviceFault, match="frames of 2 cameras"):
        list(camera_of(connection, "Both").capture(2, 5.0))
    (frame,) = camera_of(connection, "Two").capture(1, 5.0)
    assert frame.meta.camera == "Two"


def test_noise_mode_is_the_camera_it_is_set_to(demo: MicroManagerConnection) -> None:
    """Photon transfer: mean = offset + K/g and variance = K/g^2 + (s/g)^2 + rounding."""
    camera = camera_of(demo)
    g, s, electrons_per_ms, offset_adu = 2.0, 2.5, 500.0, 99.0
    noise: dict[str, Value] = {
        "Camera.Mode": "Noise",
        "Camera.Photon Flux": electrons_per_ms,
        "Camera.Photon Conversion Factor": g,
        "Camera.ReadNoise (electrons)": s,
        "Camera.exposure_ms": 4.0,
    }
    apply(camera, noise)
    stack = np.stack([frame.pixels for frame in camera.capture(4, 5.0)]).astype(float)
    electrons = 4.0 * electrons_per_ms
    variance = np.var(np.diff(stack, axis=0), axis=(1, 2)).mean() / 2
    assert stack.mean() == pytest.approx(offset_adu + electrons / g, abs=0.1)
    assert variance == pytest.approx((electrons + s**2) / g**2 + 2 / 12, rel=0.01)
