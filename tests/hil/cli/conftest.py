"""A folder with a rig and a small session, in which commands run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hil.small_session import RIG
from tests.hil.small_session import SESSION as SMALL

# A name that would be markup, if names were read as markup.
SESSION = SMALL.replace('"small"', '"[bold]cli[/bold]"').replace("trials = 6", "trials = 4")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return tmp_path
