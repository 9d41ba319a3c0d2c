"""Files beside the frames are heard without holding anybody."""

from __future__ import annotations

from pathlib import Path

from hil.clock import SystemClock
from hil.records.request import Wish, ask
from hil.session.control.beside import BesidePolls
from hil.session.control.wishes import Wishes
from hil.store.control.folder import Beside
from hil.supervision.stop import StopSwitch
from tests.hil.session_bench import wait_for


def test_a_file_is_heard_and_the_status_said(tmp_path: Path) -> None:
    beside, wishes = Beside(tmp_path, "a" * 32), Wishes(StopSwitch())
    beside.enter(joined=False)
    polls = BesidePolls(beside, wishes, SystemClock())
    beside.put(ask(Wish.PAUSE, "a drill"))

    def heard() -> bool:
        polls.poll({"state": "PAUSED"})
        return wishes.hold is not None

    wait_for(heard, 10)
    polls.close()
    assert beside.cards()[0]["status"] == {"state": "PAUSED"}
