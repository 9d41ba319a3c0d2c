"""Lists of devices come in any case: libraries that hang, crash or print hold nothing up."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from drivers.listing import LISTS, Listed, look

LIBRARY = """
import os, sys, time
from drivers.listing import Listed


def well():
    print("a library that talks")
    os.write(1, b"from C, too\\n")
    return Listed(("COM3",), ("COM3 (FT232R)",), "")


def hangs():
    time.sleep(600)


def crashes():
    os.abort()


def exits():
    sys.exit(3)


def raises():
    raise RuntimeError("no driver\\nof this version")
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "maker_library.py").write_text(LIBRARY, encoding="utf-8")
    root = str(Path(__file__).parents[3])
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{';' if sys.platform == 'win32' else ':'}{root}")
    return "maker_library"


def test_each_is_told_whatever_the_others_do(library: str) -> None:
    names = ("hangs", "crashes", "exits", "raises", "well")
    began = time.monotonic()
    told = dict(look({name: f"{library}:{name}" for name in names}, deadline_s=10.0))
    assert time.monotonic() - began < 60
    assert told["well"] == Listed(("COM3",), ("COM3 (FT232R)",), "")
    assert told["well"].line() == "COM3 (FT232R)"
    assert "did not answer within 10 s" in told["hangs"].line()
    for name in ("crashes", "exits"):
        assert "ended the process" in told[name].line()
    assert told["raises"].line() == "not known: the list cannot be made (no driver)"
    assert not any(told[name].known for name in names if name != "well")


def test_where_no_process_can_be_started_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    told = dict(look())
    assert set(told) == set(LISTS)
    assert all("no process can be started" in one.line() for one in told.values())


def test_nothing_found_and_nothing_known_are_told_apart() -> None:
    assert Listed(advice="plug it in").line() == "none found: plug it in"
    assert Listed(advice="no library", known=False).line() == "not known: no library"
