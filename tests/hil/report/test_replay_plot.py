from __future__ import annotations

from pathlib import Path

import hil
from hil.report.replay_plot import draw_replay
from tests.hil.replay.recorded_sessions import copied, session_named


def test_trials_beside_themselves_lie_on_the_line(tmp_path: Path) -> None:
    url = copied(tmp_path)
    session = session_named(url, "regression")
    pairs = [(n, n) for n in range(6)]
    with hil.open_database(url) as database:
        draw_replay(database, (session, session), pairs, (1.0, 0.0), tmp_path / "r.svg")
    text = (tmp_path / "r.svg").read_text(encoding="utf-8")
    assert text.startswith("<?xml") and "axes_1" in text
