"""What the shell completes, asked as a shell asks; nothing is written, whatever is there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hil.cli.main import run
from hil.cli.screen.completion import session_ids, settings
from hil.store import Database
from tests.hil.report.conftest import database, measured

__all__ = ["database", "measured"]  # fixtures

PROGRAM = "import sys; sys.argv[0] = 'hil'; from hil.cli.main import main; main()"


def completed(line: str) -> list[str]:
    words = line.split(" ")
    asked = {
        "_HIL_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def test_sessions_settings_and_estimators(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "session.toml", "--trials", "1"]) == 0
    name = capsys.readouterr().out.split()[1]
    before = sorted(folder.rglob("*"))
    assert completed("hil show ") == ["last", name]
    assert completed(f"hil trials {name[:3]}") == [name]
    assert completed("hil trials last --sort mir") == ["mirror.z5_nm"]
    assert completed("hil trials last --where obj") == ["objective"]
    assert completed("hil resume last --search focus") == ["focus.z_um="]
    assert "stationary" in completed("hil estimate --estimator ")
    assert completed("hil run --rehe") == ["--rehearse"]
    assert sorted(folder.rglob("*")) == before


def test_without_a_database_there_is_nothing_to_complete(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    assert completed("hil show ") == ["last"]
    assert completed("hil show --db nonsense ") == ["last"]
    assert sorted(folder.rglob("*")) == before


def test_the_script_for_a_shell_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "show"],
        env={**os.environ, "_HIL_COMPLETE": "source_bash"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "_HIL_COMPLETE=complete_bash hil" in " ".join(
        done.stdout.replace("$1", "hil").split()
    )


@pytest.mark.parametrize("evil", ["\\$(touch x)", "`touch x`", "a;touch x", "\x1b[2J", "a\nb"])
def test_nothing_that_a_shell_obeys_is_completed(
    database: Database, measured: Callable[..., str], evil: str
) -> None:
    measured(n=1, frames=False, name=evil, names=(f"stage.{evil}", "stage.x (fine)"))
    asked: Any = SimpleNamespace(params={"db": database.url})
    assert settings(asked, "stage.") == ["stage.x (fine)"]
    (_, said) = session_ids(asked, "")[1]
    assert not set(said) & set("\\$`;\x1b\n")


def test_bash_gets_one_word(
    database: Database, measured: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(n=1, frames=False, names=("stage.x (fine)", "stage.y"))
    monkeypatch.setenv("_HIL_COMPLETE", "complete_bash")
    asked: Any = SimpleNamespace(params={"db": database.url})
    assert settings(asked, "stage.x (") == ["stage.x\\ \\(fine\\)"]
