"""The one way to hold a rig: however work at it ends, it is parked and nobody holds it."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from hil.clock import SystemClock
from hil.errors import HilError, Interrupted, StoreError
from hil.locks.progress import Life
from hil.rig.parking import Parking, ParkProblem
from hil.rig.rig import Rig
from hil.spec import load_rig_file
from hil.supervision.guardian import Guardian
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import SupervisedRig, moves_s, supervised_rig
from tests.hil.session_bench import Bench, wait_for

LIT = "light.power_mw"


def test_a_database_is_made_when_it_is_needed_and_the_lease_with_it(bench: Bench) -> None:
    file = load_rig_file(bench.folder / "rig.toml")
    with supervised_rig(file, bench.url, None, SystemClock()) as held:
        assert held.database is None
        with held.make_database() as database:
            assert database.sql("select rig from lease")["rig"][0] == "small scope"
    with bench.database() as database:
        assert len(database.sql("select rig from lease")) == 0


class Work(NamedTuple):
    name: str
    raises: BaseException | None
    stays: bool
    left_mw: float
    events: list[str]


WORK = [
    Work("done", None, False, 0.0, ["measure", "park"]),
    Work("done, to be left as it is", None, True, 1.0, ["measure"]),
    Work("a fault", HilError("the link dropped"), True, 0.0, ["measure", "park"]),
    Work("a defect", ZeroDivisionError("a defect"), False, 0.0, ["measure", "park"]),
    Work("the database lost: the lamp first", StoreError("away"), False, 0.0, ["measure", "park"]),
]


def light_up(held: SupervisedRig, case: Work) -> None:
    with held.in_use("measure", {}, StopSwitch(), 1.0, stays=case.stays) as watch:
        watch.run(held.rig.setup)
        assert held.rig.read(LIT)[LIT] == 1.0
        if case.raises is not None:
            raise case.raises


@pytest.mark.parametrize("case", WORK, ids=lambda case: case.name)
def test_work_ends_in_a_park(case: Work, bench: Bench) -> None:
    file = load_rig_file(bench.folder / "rig.toml")
    with supervised_rig(file, bench.url, None, SystemClock()) as held:
        database = held.make_database()
        if case.raises is None:
            light_up(held, case)
        else:
            with pytest.raises(type(case.raises)):
                light_up(held, case)
        assert held.rig.read(LIT)[LIT] == case.left_mw
        events = database.events()
    assert list(events["kind"]) == case.events
    assert all(detail["rig"] == "small scope" for detail in events["detail"])


@pytest.mark.parametrize("fails", ["begin", "cut off", "once", "each time"])
def test_an_error_in_the_park_itself_leaves_nothing_lit(
    fails: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it cannot be parked from here, the guardian does it, once it can have the devices."""
    left: list[Guardian] = []
    monkeypatch.setattr(Guardian, "leave_to_it", lambda guardian: left.append(guardian))
    real, calls = Parking.run, iter(range(100))

    def run(parking: Parking) -> list[ParkProblem]:
        n = next(calls)
        if fails == "cut off" and n == 0:
            parking.darken()
        if n == 0 or fails == "each time":
            raise MemoryError("no more")
        return real(parking)

    if fails != "begin":
        monkeypatch.setattr(Parking, "run", run)
    file = load_rig_file(bench.folder / "rig.toml")
    with supervised_rig(file, bench.url, None, SystemClock()) as held:
        database = held.make_database()
        with pytest.raises(MemoryError), held.watched(StopSwitch(), 1.0) as watch:
            watch.run(held.rig.setup)
            if fails == "begin":
                raise MemoryError("before the park")
            held.park("measured")
        wait_for(lambda: held.rig.read(LIT)[LIT] == 0.0)
        assert not left
        assert "park" in list(database.events()["kind"])
    assert len(left) == (fails == "each time")
    for guardian in left:
        guardian.farewell()


def test_who_is_asked_to_stop_parks_and_says_so(bench: Bench) -> None:
    stop = StopSwitch()
    file = load_rig_file(bench.folder / "rig.toml")
    with supervised_rig(file, bench.url, None, SystemClock()) as held:
        database = held.make_database()
        with (
            pytest.raises(Interrupted, match="enough"),
            held.in_use("move", {}, stop, 1.0, stays=True) as watch,
        ):
            watch.run(held.rig.setup)
            stop.press("enough")
            watch.run(held.rig.setup)
        assert held.rig.read(LIT)[LIT] == 0.0
        assert database.events()["detail"].iloc[-1]["reason"] == "move: enough"


def test_a_rig_whose_holder_was_killed_without_a_guardian_is_parked_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A simulated lamp forgets; here it is lit when it is opened."""
    file = load_rig_file(bench.folder / "rig.toml")
    with supervised_rig(file, bench.url, None, SystemClock()) as held:
        held.make_database()
        monkeypatch.setattr("hil.store.database.Database.release_lease", lambda *who: None)
    monkeypatch.undo()
    monkeypatch.setattr("hil.store.holder.own_token", lambda: "1" * 32)
    monkeypatch.setattr("hil.store.holder.look", lambda token, pid: Life.DEAD)
    lit = Rig._open

    def opened(rig: Rig, plan: Any) -> None:
        lit(rig, plan)
        rig.safety.apply({LIT: 1.0})

    monkeypatch.setattr(Rig, "_open", opened)
    with supervised_rig(file, bench.url, None, SystemClock()) as held:
        assert held.rig.read(LIT)[LIT] == 0.0
        assert held.database is not None
        events = held.database.events()
    assert list(events["kind"]) == ["left_behind"]
    assert "small scope" in caplog.text
    with supervised_rig(file, bench.url, None, SystemClock()) as held:
        assert held.rig.read(LIT)[LIT] == 1.0, "once"


def test_moves_may_take_as_long_as_the_rig_file_allows(bench: Bench) -> None:
    limit = '\n[limits."focus.z_um"]\ntimeout_s = 2.0\nsettle_ms = 500\n'
    rig = (bench.folder / "rig.toml").read_text(encoding="utf-8")
    assert moves_s(load_rig_file(bench.folder / "rig.toml").spec) == 0.0
    (bench.folder / "rig.toml").write_text(rig + limit, encoding="utf-8")
    assert moves_s(load_rig_file(bench.folder / "rig.toml").spec) == pytest.approx(7.5)
