"""``hil park`` and what is written down around it."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from hil.errors import HilError
from hil.store import open_database
from hil.supervision.park import park_rig
from tests.hil.planted_rig import LIT, RIG, Lamp, ask_for, lit_mw, plant, wait_until_dark
from tests.hil.session_bench import Bench, start
from tests.hil.small_session import SESSION


def test_a_park_is_written_down_where_there_is_a_database(bench: Bench) -> None:
    assert not park_rig(bench.folder / "rig.toml", bench.url).problems
    assert not (bench.folder / "hil.db").exists(), "and none is made for it"
    bench.run(trials=1)
    assert not park_rig(bench.folder / "rig.toml", bench.url).problems
    with bench.database() as database:
        event = database.events().iloc[-1]
    assert event["kind"] == "park"
    assert event["detail"] == {"reason": "hil park", "rig": "small scope"}


@pytest.fixture
def lit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A rig whose lamp somebody has left on by hand; the environment to run it in."""
    bench.write(RIG, SESSION)
    environ = plant(bench.folder)
    monkeypatch.syspath_prepend(bench.folder)
    Lamp(bench.folder).start({LIT: 5.0})
    return environ


def test_a_driver_that_cannot_be_opened_keeps_no_lamp_on(bench: Bench, lit: dict[str, str]) -> None:
    ask_for(bench.folder, "microscope open fails")
    problems = park_rig(bench.folder / "rig.toml", bench.url).problems
    assert lit_mw(bench.folder) == 0.0
    assert [problem.setting for problem in problems] == [
        "light.power_mw",
        "driver.0: planted.microscope",
    ]


def test_nor_does_a_server_that_does_not_answer(bench: Bench, lit: dict[str, str]) -> None:
    with pytest.raises(HilError, match=r"^the rig is parked, .*127\.0\.0\.1"):
        park_rig(bench.folder / "rig.toml", "postgresql://nobody@127.0.0.1:1/none")
    assert lit_mw(bench.folder) == 0.0


@pytest.mark.parametrize("url", ["garbage", "oracle://here/x", "sqlite://", "sqlite:///a.db?b=1"])
def test_nor_a_url_that_is_none(bench: Bench, lit: dict[str, str], url: str) -> None:
    with pytest.raises(HilError, match=r"^the rig is parked, .*--db: "):
        park_rig(bench.folder / "rig.toml", url)
    assert lit_mw(bench.folder) == 0.0


def test_nor_one_of_the_environment(
    bench: Bench, lit: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIL_DATABASE", "garbage")
    with pytest.raises(HilError, match=r"^the rig is parked, .*HIL_DATABASE: not a database URL"):
        park_rig(bench.folder / "rig.toml", None)
    assert lit_mw(bench.folder) == 0.0


def test_nor_one_that_is_locked(bench: Bench, lit: dict[str, str]) -> None:
    open_database(bench.url, create=True).close()
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db", timeout=60)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        process = start(bench, "park", "rig.toml", environ=lit)
        try:
            wait_until_dark(bench.folder)
            assert process.poll() is None, "it waits to write that down"
        finally:
            process.kill()
            process.communicate()
        connection.rollback()
