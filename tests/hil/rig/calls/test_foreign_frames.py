"""Whatever a camera's driver yields is a frame, or a fault of the camera in words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from drivers.errors import DeviceFault
from drivers.frame import Frame, FrameMeta
from hil.rig.calls.driver_calls import DriverCalls
from hil.rig.calls.foreign_errors import with_our_errors
from hil.rig.calls.foreign_frames import ForeignFrames
from hil.rig.calls.timed_devices import timed
from hil.rig.driver_kinds import BUILT_IN
from sim.microscope import KIND
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

META = FrameMeta("camera", 0, datetime.now(UTC), 10.0, 4095)
CODES = np.arange(12, dtype=np.uint16).reshape(3, 4)


def said(**changes: Any) -> Frame:
    return Frame(CODES.copy(), replace(META, **changes))


def pixels(given: Any) -> Frame:
    return Frame(given, META)


NO_FRAMES = {
    "an integer": (7, "yields 7,"),
    "nothing": (None, "yields None,"),
    "the pixels alone": (CODES, "yields an array of 3 x 4 uint16,"),
    "a frame of another library": (SimpleNamespace(pixels=CODES, meta=META), "SimpleNamespace"),
    "no meta": (Frame(CODES, None), "a frame without its FrameMeta"),  # type: ignore[arg-type]
    "a list": (pixels(CODES.tolist()), "pixels are a list"),
    "no pixels": (pixels(None), "pixels are None"),
    "one number": (pixels(np.uint16(7)), "pixels are a uint16"),
    "masked": (pixels(np.ma.masked_greater(CODES, 5)), "pixels are masked"),
    "exposure None": (said(exposure_ms=None), "exposure_ms is None"),
    "exposure in words": (said(exposure_ms="10 ms"), "exposure_ms is '10 ms'"),
    "exposure true": (said(exposure_ms=True), "exposure_ms is True"),
    "exposures": (said(exposure_ms=np.ones(2)), "exposure_ms is an array of 2 float64"),
    "complex exposure": (said(exposure_ms=1j), "exposure_ms is 1j"),
    "saturation None": (said(saturation_adu=None), "saturation_adu is None"),
    "saturation in words": (said(saturation_adu="x"), "saturation_adu is 'x'"),
    "saturation NaN": (said(saturation_adu=float("nan")), "saturation_adu is nan"),
    "saturations": (said(saturation_adu=np.ones(2)), "saturation_adu is an array"),
}


@pytest.mark.parametrize(("given", "words"), NO_FRAMES.values(), ids=NO_FRAMES)
def test_what_is_no_frame_is_a_fault_of_the_camera(given: Any, words: str) -> None:
    with pytest.raises(DeviceFault) as error:
        ForeignFrames("camera").take(given)
    assert words in str(error.value) and "camera" in str(error.value)


class Array(np.ndarray[Any, Any]):
    """A library's own."""


FRAMES = {
    "read-only": np.frombuffer(CODES.tobytes(), np.uint16).reshape(3, 4),
    "big-endian": CODES.astype(">u2"),
    "a library's own": CODES.view(Array),
    "masked nowhere": np.ma.masked_array(CODES),
    "columns first": np.asfortranarray(CODES),
    "every second of a wider one": np.repeat(CODES, 2, axis=1)[:, ::2],
}


@pytest.mark.parametrize("given", FRAMES.values(), ids=FRAMES)
def test_arrays_of_all_kinds_are_taken_for_their_codes(given: Any) -> None:
    frame = ForeignFrames("camera").take(pixels(given))
    assert type(frame.pixels) is np.ndarray and frame.pixels.base is None
    assert frame.pixels.dtype.isnative and frame.pixels.flags.c_contiguous
    np.testing.assert_array_equal(frame.pixels, CODES)


def test_numbers_of_numpy_are_numbers() -> None:
    frame = ForeignFrames("camera").take(
        said(exposure_ms=np.float32(2.5), saturation_adu=np.array(255, np.uint16))
    )
    assert type(frame.meta.exposure_ms) is float and type(frame.meta.saturation_adu) is int
    assert (frame.meta.exposure_ms, frame.meta.saturation_adu) == (2.5, 255)


@pytest.mark.parametrize("view", [True, False], ids=["views", "whole arrays"])
@pytest.mark.parametrize("buffers", [1, 2, 3])
@pytest.mark.parametrize("each_its_own_capture", [True, False])
def test_frames_of_buffers_that_are_written_again_are_told_apart(
    buffers: int, view: bool, each_its_own_capture: bool
) -> None:
    """A later frame overwrites an earlier one: a driver that hands out what it reads into."""
    ring = [np.zeros((3, 4), np.uint16) for _ in range(buffers)]
    foreign, taken = ForeignFrames("camera"), []
    for code in range(1, 8):
        buffer = ring[code % buffers]
        buffer[:] = code
        if each_its_own_capture:
            foreign = ForeignFrames("camera")
        taken.append(foreign.take(pixels(buffer[:] if view else buffer)))
    assert [int(frame.pixels.min()) for frame in taken] == list(range(1, 8))
    assert [int(frame.pixels.max()) for frame in taken] == list(range(1, 8))


class Camera:
    """Yields what it is told to; and at each state, where it is told so."""

    label = "camera"

    def __init__(self, frames: Callable[[], Iterator[Any]]) -> None:
        self._frames = frames

    def describe(self) -> tuple[()]:
        return ()

    def read(self, setting: str) -> float:
        raise AssertionError

    def start(self, values: Any) -> None:
        raise AssertionError

    def settle(self, timeout_s: float) -> None:
        raise AssertionError

    def stop(self) -> None: ...

    def cancel(self) -> None: ...

    def capture(self, n: int, timeout_s: float) -> Iterator[Any]:
        return self._frames()

    def triggers(self, states: Any) -> None: ...

    def capture_states(self, states: Any, timeout_s: float) -> Iterator[Any]:
        return self._frames()


@pytest.fixture
def calls() -> Iterator[DriverCalls]:
    made = DriverCalls("test")
    yield made
    made.close()


def test_frames_without_end_come_to_one(calls: DriverCalls) -> None:
    camera: Any = timed(with_our_errors(Camera(lambda: itertools.repeat(said()))), calls, 5.0)
    assert len(list(camera.capture(2, 1.0))) == 3, "one too many tells of it"


def test_errors_of_a_triggered_capture_are_the_cameras(calls: DriverCalls) -> None:
    def fails() -> Iterator[Any]:
        yield said()
        raise RuntimeError("the board was reset")

    camera: Any = timed(with_our_errors(Camera(fails)), calls, 5.0)
    with pytest.raises(DeviceFault, match="RuntimeError: the board was reset"):
        list(camera.capture_states([{}, {}], 1.0))


class Kind:
    """A simulated microscope whose camera yields something else from its fifth capture on."""

    def __init__(self, spoil: Callable[[Frame], Any]) -> None:
        self._spoil = spoil

    def options(self, table: Any, folder: Any) -> Any:
        return KIND.options(table, folder)

    def resources(self, options: Any) -> tuple[str, ...]:
        return ()

    def open(self, options: Any) -> Any:
        connection = KIND.open(options)
        camera: Any = connection.devices["camera"]
        real, calls = camera.capture, itertools.count()

        def capture(n: int, timeout_s: float) -> Iterator[Any]:
            spoilt = next(calls) == 4
            return iter([self._spoil(f) if spoilt else f for f in real(n, timeout_s)])

        camera.capture = capture
        return connection


KIND_OF_LISTS = Kind(lambda frame: Frame(frame.pixels.tolist(), frame.meta))
KIND_OF_WORDS = Kind(lambda frame: Frame(frame.pixels, replace(frame.meta, exposure_ms="10")))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["KIND_OF_LISTS", "KIND_OF_WORDS"])
def test_such_a_frame_fails_its_trial_and_the_night_goes_on(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)
    monkeypatch.setitem(BUILT_IN, "here", f"{__name__}:{kind}")
    bench.write(RIG.replace("sim.microscope", "here"), SESSION)
    result = bench.run(trials=3)
    assert result.state == "COMPLETE"
    assert bench.states() == ["COMPLETE", "FAILED", "COMPLETE"]
