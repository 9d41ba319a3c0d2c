"""A park and its events: ahead of it, and after it for the steps that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import hil
from hil.errors import Interrupted, NotParked, StoreError
from hil.rig.parking import ParkProblem
from hil.supervision.recorded_park import Parked, park_recorded
from tests.hil.session_bench import Bench

LIT = "light.power_mw"


def test_the_event_stands_before_the_lamp_goes_out(bench: Bench) -> None:
    seen = []
    with hil.load_rig(bench.folder / "rig.toml") as rig:

        def record(kind: str, detail: Mapping[str, Any]) -> None:
            seen.append((kind, detail["reason"], rig.read(LIT)[LIT]))

        parked = park_recorded(rig, record, {"reason": "done"})
        assert rig.read(LIT)[LIT] == 0.0
    assert seen == [("park", "done", 1.0)]
    assert (list(parked.problems), parked.lost) == ([], None)


@pytest.mark.parametrize("known", [True, False], ids=["lost before", "lost now"])
def test_a_database_that_is_away_does_not_keep_the_light_on(known: bool, bench: Bench) -> None:
    away = StoreError("away")
    asked = []

    def record(kind: str, detail: Mapping[str, Any]) -> None:
        asked.append((kind, rig.read(LIT)[LIT]))
        raise away

    with hil.load_rig(bench.folder / "rig.toml") as rig:
        parked = park_recorded(rig, record, {}, after=away if known else None)
        assert rig.read(LIT)[LIT] == 0.0
    assert parked.lost is away
    assert asked == [("park", 0.0 if known else 1.0)]  # who knows it to be away asks afterwards


def test_a_database_that_is_back_by_then_has_the_park(bench: Bench) -> None:
    written = []
    with hil.load_rig(bench.folder / "rig.toml") as rig:

        def record(kind: str, detail: Mapping[str, Any]) -> None:
            written.append((kind, rig.read(LIT)[LIT]))

        parked = park_recorded(rig, record, {}, after=StoreError("away"))
    assert parked.lost is None
    assert written == [("park", 0.0)]


def test_where_no_thread_is_to_be_had_the_light_comes_first_and_then_the_record(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    seen = []
    with hil.load_rig(bench.folder / "rig.toml") as rig:

        def record(kind: str, detail: Mapping[str, Any]) -> None:
            seen.append((kind, rig.read(LIT)[LIT]))

        request.getfixturevalue("no_threads")
        parked = park_recorded(rig, record, {"reason": "done"})
        assert rig.read(LIT)[LIT] == 0.0
    assert seen == [("park", 0.0)]
    assert (list(parked.problems), parked.lost) == ([], None)


def test_a_step_that_failed_is_named() -> None:
    Parked([]).raise_problems()
    with pytest.raises(NotParked, match=r"could not be parked: light\.power_mw: no answer"):
        Parked([ParkProblem(LIT, "no answer")]).raise_problems()


def test_light_that_stays_on_is_the_worse_news_of_two() -> None:
    parked = Parked([ParkProblem(LIT, "reads 5")])
    with pytest.raises(NotParked, match=r"reads 5, after: Ctrl-C") as caught:
        parked.raise_problems(Interrupted("Ctrl-C"))
    assert caught.value.exit_status == 1
    assert caught.value.problems == {LIT: "reads 5"}
