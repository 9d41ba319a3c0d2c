"""Sessions on one page: valid, offline, escaped; and what cannot be compared is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hil.errors import InputError
from hil.report.comparing.page import write_comparison
from hil.store import Database
from tests.hil.report.test_page import HOSTILE, checked


def test_sessions_stand_side_by_side(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    keys = [
        measured(n=6),
        measured(n=2, name=HOSTILE, rig=HOSTILE, names=("stage.x_um", f"stage.{HOSTILE}")),
        measured(n=0),
    ]
    path = tmp_path / "compare.html"
    write_comparison(database, keys, path)
    text = checked(path)
    assert "<script" not in text
    assert all(f"({key[:8]})" in text for key in keys)
    assert "they ran on different rigs" in text
    assert text.count("<img ") == 2
    assert "<p>Nothing to show: no session knows of light" in text


def test_one_session_is_not_compared(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(n=1)
    wrong = [(["last"], "two or more"), ([key, "last"], "named twice"), ([key, "ffff0"], "no sess")]
    for sessions, said in wrong:
        with pytest.raises(InputError, match=said):
            write_comparison(database, sessions, tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()
