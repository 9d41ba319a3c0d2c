"""Programs of the system that are not there, fail or say what is no text."""

from __future__ import annotations

import sys

import pytest

from drivers.listing import system
from drivers.listing.system import answer_of


def test_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer_of((sys.executable, "-c", "print('yes')")).strip() == "yes"
    assert (
        answer_of((sys.executable, "-c", "import os; os.write(1, b'\\xff')"))
        == "\N{REPLACEMENT CHARACTER}"
    )
    assert answer_of((sys.executable, "-c", "print('no'); raise SystemExit(1)")) == ""
    assert answer_of(("/no/such/program",)) == ""
    monkeypatch.setattr(system, "_DEADLINE_S", 0.5)
    assert answer_of((sys.executable, "-c", "import time; time.sleep(60)")) == ""
