"""Copies of frames: refused by how unlikely they are, and by what the rig is known to do."""

from __future__ import annotations

import numpy as np
import pytest

from hil.rig.guards.known_noise import KnownNoise
from tests.hil.rig.guards.made_frames import Expose, Session, camera, camera_noise, scene

NOISE = camera_noise()
LIT = camera(lambda p, n: scene(p))


def stuck(at: dict[int, int]) -> Expose:
    """Hand out an earlier exposure again; key: which, value: the earlier one."""
    return lambda place, number: LIT(at.get(number, number) % 3, at.get(number, number))


@pytest.mark.parametrize(("number", "earlier"), [(1, 0), (3, 2), (5, 0), (5, 2), (11, 4)])
def test_a_copy_of_any_earlier_frame_is_refused(number: int, earlier: int) -> None:
    found = Session(stuck({number: earlier}), NOISE).trials(5)
    assert found.count("identical") == 1
    assert found.index("identical") == number // 3


@pytest.mark.parametrize("repeats", [2, 4])
def test_a_copy_among_repeats_is_refused(repeats: int) -> None:
    session = Session(stuck({3 * repeats + 1: 3 * repeats}), NOISE, repeats)
    assert session.trials(3) == ["", "identical", ""]
    assert "frame 1 is bit by bit that of frame 0," in str(session.last)


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("n_fields", [1, 3])
@pytest.mark.parametrize("since", [0, 1, 7])
def test_a_camera_that_is_stuck_gives_no_trial(since: int, n_fields: int, repeats: int) -> None:
    session = Session(lambda p, n: LIT(min(n, since) % 3, min(n, since)), NOISE, repeats)
    found = session.trials(10, n_fields)
    first = found.index("identical")
    assert first <= since // (n_fields * repeats) + 1
    assert found[first:] == ["identical"] * (10 - first)


def test_single_photons_agree_by_chance_and_images_do_not() -> None:
    noise = KnownNoise(lambda mean: max(mean, 0.0), 0.0, 1.0)
    frame = np.random.default_rng(1).poisson(0.02, (6, 6)).astype(np.uint16)
    assert Session(lambda p, n: frame, noise, 2).trials(3)[1:] == ["", ""]
    bright = np.random.default_rng(1).poisson(20, (32, 32)).astype(np.uint16)
    found = Session(lambda p, n: bright, noise, 2).trials(3)
    assert set(found[1:]) == {"identical"}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from hil.rig.guards import past

    monkeypatch.setattr(past, "_FRAMES", 20)
    session = Session(LIT, NOISE)
    session.trials(30)
    assert len(session.watch.past.origins) == 20
    assert any(origin.trial == 0 for origin in session.watch.past.origins.values())
