"""Dark where light was commanded, and no setting explains it."""

from __future__ import annotations

import numpy as np
import pytest

from hil.rig.guards.known_noise import KnownNoise
from tests.hil.rig.guards.made_frames import Session, camera, camera_noise, scene

NOISE = camera_noise()


def sample(dark: object, of: float = 1.0) -> Session:
    """3 fields a trial, dark (or of a share of the light) at some exposures."""
    return Session(camera(lambda p, n: scene(p) * (1 - of if n in dark else 1)), NOISE)  # type: ignore[operator]


@pytest.mark.parametrize("first", range(12))
def test_a_single_dark_frame_is_refused_wherever_it_is(first: int) -> None:
    found = sample([first]).trials(5)
    assert found.count("dark") == 1
    assert found.count("") == 4
    assert found.index("dark") == first // 3


@pytest.mark.parametrize("repeat", range(3))
def test_one_dark_repeat_of_three_needs_no_second_look(repeat: int) -> None:
    session = Session(camera(lambda p, n: scene(p) * (n != 9 + repeat)), NOISE, repeats=3)
    assert session.trials(3) == ["", "dark", ""]
    assert session.exposures == 9 + 3 + 9


def test_a_field_that_stays_dark_is_refused_by_what_it_was_before() -> None:
    session = sample([7, 8])
    assert session.trials(4) == ["", "", "dark", ""]
    assert "by earlier trials +1" in str(session.last)


def test_a_shutter_that_leaks_is_refused_too() -> None:
    assert sample([7, 8], of=0.95).trials(4).count("dark") == 1


def test_a_first_trial_with_a_field_that_stays_dark_cannot_win() -> None:
    assert sample([1, 2]).trials(3) == ["dark_field", "", ""]


def test_a_field_without_a_photon_is_known_after_the_first_trial() -> None:
    session = Session(camera(lambda p, n: scene(p) * (p != 1)), NOISE)
    assert session.trials(4) == ["dark_field", "", "", ""]
    assert session.exposures == 4 * 3 + 1


def test_a_trial_all_dark_under_light_that_was_enough_cannot_win() -> None:
    session = sample(range(6, 60))
    assert session.trials(4) == ["", "", "dark_field", "dark_field"]


@pytest.mark.parametrize("setting", ["power_mw", "exposure_ms"])
def test_what_is_not_lit_may_be_dark(setting: str) -> None:
    session = sample(range(6, 60))
    assert session.trials(2) == ["", ""]
    setattr(session, setting, 0.0)
    if setting == "exposure_ms":
        session.said_ms = 0.0
    assert session.trials(2) == ["", ""]


def test_a_filter_may_put_a_field_out() -> None:
    session = sample([7, 10, 13])
    assert session.trials(2) == ["", ""]
    session.switches = {"filter.label": "red"}
    assert session.trials(1) == ["dark"], "the frame taken again was lit"


def test_without_a_dark_level_what_the_field_had_before_is_the_measure() -> None:
    noise = KnownNoise(lambda mean: 2 * mean)
    session = Session(camera(lambda p, n: 5 * scene(p) * (n != 7)), noise)
    assert session.trials(4) == ["", "", "dark", ""]
    fading = Session(camera(lambda p, n: 5 * scene(p) * 0.9**n), noise)
    assert fading.trials(10) == [""] * 10


def test_light_in_few_pixels_is_light() -> None:
    few = camera(lambda p, n: 400.0 * (np.arange(576).reshape(24, 24) % 200 == 0))
    assert Session(few, NOISE).trials(3) == ["", "", ""]


def test_a_field_that_is_taken_anew_is_judged_anew() -> None:
    session = sample([7, 8])
    assert session.trials(2) == ["", ""]
    session.watch.begin("camera", 3)
    for place in (0, 1, 1, 2):  # in the dark at first, and after a pause once more
        session.watch.check(session.take(place), lambda p=place: session.take(p))  # type: ignore[misc]
    assert session.watch.end() == ()


@pytest.mark.parametrize("n_fields", [1, 3])
def test_a_first_trial_that_is_dark_as_a_whole_cannot_win(n_fields: int) -> None:
    """A shutter that opens only after the first trial, its second looks included."""
    dark = 2 * n_fields
    session = Session(camera(lambda p, n: scene(p) * (n >= dark)), camera_noise())
    found = session.trials(4, n_fields)
    assert (found[0], found[-1]) == ("dark_field", "")


class Dim(Session):
    """3 fields with 1.3 ADU of light, 0.4 of the read noise; few pixels tell it from none.

    Attributes
    ----------
    dark_at
        The place whose next frame is dark; None for none.
    """

    def __init__(self, seed: int) -> None:
        self.dark_at: int | None = None
        half = np.full((24, 24), 0.65)
        super().__init__(camera(lambda p, n: half * (p != self._dark(p)), seed), NOISE)

    def _dark(self, place: int) -> int | None:
        at = self.dark_at
        if at == place:
            self.dark_at = None
        return at


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("earlier", [0, 1, 4])
def test_little_light_that_was_lost_in_one_field_never_wins(place: int, earlier: int) -> None:
    """A second frame tells it, if not beyond all chance: refused, or flagged."""
    found = []
    for seed in range(30):
        session = Dim(seed)
        session.trials(earlier)
        session.dark_at = place
        found.append(session.trial())
    assert set(found) <= {"dark", "dark_field"}


def test_little_light_everywhere_is_no_fault() -> None:
    found = [trial for seed in range(100) for trial in Dim(seed).trials(3)[1:]]
    assert set(found) == {""}


def test_no_light_where_there_was_none_is_no_fault_in_few_pixels() -> None:
    nothing = [Session(camera(lambda p, n: 0.0, seed), NOISE).trials(3) for seed in range(100)]
    assert {trial for trials in nothing for trial in trials[1:]} == {""}
