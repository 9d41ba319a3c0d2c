"""What was tightened while a session waited holds when it goes on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hil.records.request import Wish
from hil.session.control.requesting import send
from hil.session.control.rig_file_now import why_not_go_on
from hil.spec import load_rig_file
from hil.supervision.stop import StopSwitch
from tests.hil.session_bench import Bench, session_state, wait_for
from tests.hil.small_session import RIG, SESSION

FOCUS = '\n[limits."focus.z_um"]\nlow = -5\nhigh = 5\n'
CHANGES = {
    "nothing": (lambda text: text, ""),
    "a comment": (lambda text: f"# the oil was changed\n{text}", ""),
    "more is allowed": (lambda text: text.replace("high = 5", "high = 6"), ""),
    "less is allowed": (lambda text: text.replace("high = 5", "high = 0.5"), 'limits."focus.z_um"'),
    "nothing by both": (
        lambda text: text.replace("low = -5\nhigh = 5", "low = 7\nhigh = 8"),
        'limits."focus.z_um"',
    ),
    "another limit": (
        lambda text: text + '[limits."mirror.z5_nm"]\nhigh = 1\n',
        'limits."mirror.z5_nm"',
    ),
    "another device": (lambda text: text.replace("sim.microscope", "sim.lensless"), "driver.0"),
    "an interlock": (
        lambda text: text + '[[interlock]]\nsetting = "focus.z_um"\nhigh = 2\n',
        "interlock",
    ),
    "half a file": (lambda text: text[:100], "cannot be read"),
}


@pytest.mark.parametrize(("change", "says"), CHANGES.values(), ids=CHANGES)
def test_it_goes_on_where_no_less_is_allowed(tmp_path: Path, change: object, says: str) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(RIG + FOCUS, encoding="utf-8")
    running = load_rig_file(path)
    path.write_text(change(RIG + FOCUS), encoding="utf-8")  # type: ignore[operator]
    found = why_not_go_on(running)
    assert says in found and bool(found) == bool(says), found


def test_a_file_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(RIG, encoding="utf-8")
    running = load_rig_file(path)
    path.unlink()
    assert why_not_go_on(running) == ""


def test_a_session_waits_on_where_the_rig_file_was_tightened_in_its_pause(tmp_path: Path) -> None:
    bench, stop = Bench(tmp_path), StopSwitch()
    bench.write(RIG + FOCUS, SESSION.replace("trials = 6", "trials = 400"))
    begun = threading.Event()
    running = threading.Thread(
        target=lambda: bench.run(stop=stop, observer=lambda snapshot: begun.set()), daemon=True
    )
    running.start()
    assert begun.wait(60)
    send("last", Wish.PAUSE, "another objective", bench.url, None)
    wait_for(lambda: session_state(bench) == "PAUSED")
    (tmp_path / "rig.toml").write_text(
        RIG + FOCUS.replace("high = 5", "high = 0.5"), encoding="utf-8"
    )
    send("last", Wish.CONTINUE, "", bench.url, None)
    wait_for(lambda: bench.events().count("paused") == 2)
    assert session_state(bench) == "PAUSED"
    (tmp_path / "rig.toml").write_text(RIG + FOCUS, encoding="utf-8")
    send("last", Wish.CONTINUE, "", bench.url, None)
    wait_for(lambda: session_state(bench) == "RUNNING")
    stop.press("enough")
    running.join(60)
    assert not running.is_alive()
