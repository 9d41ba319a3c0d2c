"""The folder that each test works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hil.session.struck import Struck
from tests.hil.session_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def struck(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Struck:
    return Struck(bench, monkeypatch)
