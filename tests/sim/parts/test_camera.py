"""Frames one after the other, that can be cut short."""

import threading
import time

import pytest

from drivers.errors import CaptureCancelled
from tests.sim.microscope.opened import camera_of, open_scope, set_values


def test_frames_say_when_and_how_they_were_taken() -> None:
    scope = open_scope()
    set_values(scope, camera__exposure_ms=3.5)
    metas = [frame.meta for frame in camera_of(scope).capture(3, 1.0)]
    assert [meta.index for meta in metas] == [0, 1, 2]
    assert {meta.exposure_ms for meta in metas} == {3.5}
    assert all(meta.taken_at.tzinfo is not None for meta in metas)


def test_cancel_between_frames_ends_a_capture_and_not_the_next_one() -> None:
    scope = open_scope()
    camera = camera_of(scope)
    frames = camera.capture(3, 1.0)
    next(frames)
    camera.cancel()
    with pytest.raises(CaptureCancelled):
        next(frames)
    assert len(list(camera.capture(2, 1.0))) == 2


def test_real_exposure_is_cancelled_long_before_its_end() -> None:
    scope = open_scope(realtime=True)
    set_values(scope, camera__exposure_ms=2000.0)
    camera = camera_of(scope)
    cancelled_at: list[float] = []

    def cancel() -> None:
        cancelled_at.append(time.monotonic())
        camera.cancel()

    timer = threading.Timer(0.05, cancel)
    timer.start()
    with pytest.raises(CaptureCancelled):
        next(camera.capture(1, 1.0))
    # Heard at once; the bound leaves room for a busy machine, not for polling.
    assert time.monotonic() - cancelled_at[0] < 0.5
    timer.join()


def test_real_exposures_take_their_time() -> None:
    scope = open_scope(realtime=True)
    set_values(scope, camera__exposure_ms=30.0)
    begun = time.monotonic()
    list(camera_of(scope).capture(2, 1.0))
    assert time.monotonic() - begun >= 0.06
