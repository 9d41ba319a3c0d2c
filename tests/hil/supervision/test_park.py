"""``hil park`` and what is written down around it."""

from __future__ import annotations

from hil.supervision.park import park_rig
from tests.hil.session_bench import Bench


def test_a_park_is_written_down_where_there_is_a_database(bench: Bench) -> None:
    assert not park_rig(bench.folder / "rig.toml", bench.url).problems
    assert not (bench.folder / "hil.db").exists(), "and none is made for it"
    bench.run(trials=1)
    assert not park_rig(bench.folder / "rig.toml", bench.url).problems
    with bench.database() as database:
        event = database.events().iloc[-1]
    assert event["kind"] == "park"
    assert event["detail"] == {"reason": "hil park", "rig": "small scope"}
