"""What a rig gives when it does what it says is let through, however odd it looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hil.rig.guards.known_noise import KnownNoise
from tests.hil.rig.guards.made_frames import (
    DARK_ADU,
    Expose,
    Session,
    camera,
    camera_noise,
    scene,
)

NOISE = camera_noise()


def without_noise(means: Callable[[int, int], Any]) -> Expose:
    """A simulator that rounds, and adds nothing."""
    return lambda place, number: np.rint(means(place, number)).astype(np.uint16)


def counts(mean: float, size: tuple[int, int]) -> Expose:
    """A detector that counts."""

    def expose(place: int, number: int) -> Any:
        return np.random.default_rng((3, number)).poisson(mean, size).astype(np.uint16)

    return expose


def fixed_seed(place: int, number: int) -> Any:
    """A simulated camera that draws the same noise for every frame of a scene."""
    return camera(lambda p, n: scene(p), seed=5)(place, 0)


COUNTING = KnownNoise(lambda mean: max(mean, 0.0), 0.0, 1.0)
LEGITIMATE: dict[str, tuple[Expose, KnownNoise | None]] = {
    "a sample": (camera(lambda p, n: scene(p)), NOISE),
    "a sample that bleaches": (camera(lambda p, n: scene(p) * 0.97**n), NOISE),
    "a flat field": (camera(lambda p, n: 50.0), NOISE),
    "a flat field in the dark": (camera(lambda p, n: 0.0), NOISE),
    "a tenth of an electron": (camera(lambda p, n: 0.1 * scene(p) / 80), NOISE),
    "one lit pixel in a hundred": (
        camera(lambda p, n: 800.0 * (scene(p) > np.quantile(scene(p), 0.99))),
        NOISE,
    ),
    "no noise": (without_noise(lambda p, n: 100 + scene(p)), NOISE),
    "no noise, bleaching": (without_noise(lambda p, n: 100 + scene(p) * 0.99**n), NOISE),
    "no noise, no light": (without_noise(lambda p, n: np.full((24, 24), DARK_ADU)), NOISE),
    "no noise, stripes": (
        without_noise(lambda p, n: np.tile(100 + scene(p)[0], (24, 1))),
        NOISE,
    ),
    "a seed that is always the same": (fixed_seed, NOISE),
    "few counts": (counts(0.05, (4, 4)), COUNTING),
    "hardly a count": (counts(0.001, (16, 16)), COUNTING),
    "a count a pixel": (counts(1.0, (8, 8)), COUNTING),
    "a line of pixels": (camera(lambda p, n: 50.0, size=(1, 64)), NOISE),
    "one pixel": (camera(lambda p, n: 50.0, size=(1, 1)), NOISE),
    "channels": (camera(lambda p, n: 50.0, size=(3, 8, 8)), NOISE),
    "nothing known of the noise": (without_noise(lambda p, n: np.full((24, 24), 7.0)), None),
}


# With one field, and settings that change nothing, a camera that is stuck looks the same.
NO_LIGHT = (
    "a flat field in the dark",
    "a tenth of an electron",
    "no noise, no light",
    "few counts",
    "hardly a count",
)
SAME_FOR_EVER = ("no noise", "no noise, stripes", "a seed that is always the same")


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize(
    ("name", "n_fields"),
    [(name, n) for n in (1, 4) for name in LEGITIMATE if n > 1 or name not in SAME_FOR_EVER],
)
def test_what_a_rig_gives_is_let_through(name: str, n_fields: int, repeats: int) -> None:
    expose, noise = LEGITIMATE[name]
    session = Session(expose, noise, repeats)
    found = session.trials(8, n_fields)
    first = "dark_field" if name in NO_LIGHT else ""  # as long as no other trial tells
    assert found == [first] + [""] * 7, session.last if any(found[1:]) else ""


def test_a_second_look_is_rare() -> None:
    session = Session(camera(lambda p, n: 0.0), NOISE)
    session.trials(20, n_fields=4)
    assert session.exposures <= 20 * 4 + 2, "a dark sample is known after the first trial"


def test_what_was_refused_is_no_measure_for_what_follows() -> None:
    faulty = {1: np.zeros((24, 24), np.uint8)}
    plain = camera(lambda p, n: scene(p))
    session = Session(lambda p, n: faulty.get(n, plain(p, n)), NOISE)
    assert session.trials(3) == ["bit_depth", "", ""]


def test_a_guard_that_is_not_asked_refuses_nothing() -> None:
    nan = np.full((24, 24), np.nan)
    assert (
        Session(lambda p, n: nan, None, unguarded=("nan", "not_integers", "bit_depth")).trial()
        == ""
    )
    assert Session(lambda p, n: nan, None).trial() == "nan"


def test_a_refusal_names_guard_field_and_figures() -> None:
    session = Session(lambda p, n: np.full((4, 4), 9, np.uint16), None)
    session.said_ms = -1.0
    assert session.trial() == "exposure"
    assert str(session.last) == (
        "frames: exposure: camera, field 0: the exposure is said to be -1 ms, which is no time"
    )
    detail = session.last.to_json(7)
    assert (detail["trial"], detail["guard"], detail["field"]) == (7, "exposure", 0)


def test_blank_fields_may_be_dark() -> None:
    session = Session(camera(lambda p, n: scene(p) if p < 2 else 0.0), NOISE)
    assert session.trials(4, n_fields=2, n_blanks=2) == [""] * 4
