"""A picture that takes long to compute does not keep a camera from being cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from drivers.types import Pixels
from sim.parts.exposing import Exposing

PATIENCE_S = 20.0


class Picture:
    """Comes when it is let come; the first one takes long."""

    def __init__(self) -> None:
        self.let_come = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self) -> Pixels:
        self.threads.append(threading.current_thread())
        assert self.let_come.wait(PATIENCE_S)
        return np.full((2, 2), len(self.threads), np.uint16)


@pytest.fixture
def picture() -> Iterator[Picture]:
    made = Picture()
    yield made
    made.let_come.set()


def test_a_cancel_is_heard_while_a_picture_is_computed(picture: Picture) -> None:
    exposing, cancelled = Exposing(picture), threading.Event()
    threading.Timer(0.05, cancelled.set).start()
    began_s = time.monotonic()
    assert exposing.take(cancelled) is None
    assert time.monotonic() - began_s < PATIENCE_S / 2
    assert not picture.let_come.is_set()


def test_what_was_left_is_no_later_picture_and_no_two_are_computed_at_once(
    picture: Picture,
) -> None:
    exposing, cancelled = Exposing(picture), threading.Event()
    cancelled.set()
    assert exposing.take(cancelled) is None
    assert exposing.take(cancelled) is None  # the one that was left is not done
    assert len(picture.threads) <= 1
    picture.let_come.set()
    pixels = exposing.take(threading.Event())
    assert pixels is not None
    assert pixels[0, 0] == len(picture.threads) == 2


def test_pictures_that_come_fast_need_no_thread(picture: Picture) -> None:
    exposing, never = Exposing(picture), threading.Event()
    picture.let_come.set()
    for _ in range(3):
        assert exposing.take(never) is not None
    assert picture.threads[0] is not threading.current_thread()
    assert picture.threads[1:] == [threading.current_thread()] * 2


@pytest.mark.parametrize("error", [OSError(5, "gone"), KeyboardInterrupt(), SystemExit(3)])
def test_an_error_in_a_picture_is_raised_where_it_was_asked_for(error: BaseException) -> None:
    def fails() -> Pixels:
        raise error

    exposing = Exposing(fails)
    for _ in range(2):
        with pytest.raises(type(error)):
            exposing.take(threading.Event())
