"""`hil design` as it is typed, and as its page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from hil.cli.main import run
from tests.hil.design.test_run import RIG, SESSION, written

PAGE = Path(__file__).parents[4] / "docs" / "design.md"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("HIL_DATABASE", "HIL_FRAMES"):
        monkeypatch.delenv(name, raising=False)
    written(tmp_path, RIG, SESSION)
    return tmp_path


def test_what_it_refuses_is_one_line_and_status_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["design", "session.toml", "--measured", "0"]) == 2
    error = capsys.readouterr().err
    assert error.splitlines() == ["error: hil design: --measured: 0; allowed: 1 or more"]
    assert not list(folder.glob("*.db"))


def test_the_commands_and_the_snippet_of_the_page_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(sh|python)\n(.*?)```", page, flags=re.DOTALL))
    for line in blocks["sh"].splitlines():
        quick = line.replace("--starts 32", "--starts 4")
        assert run(shlex.split(quick)[1:]) == 0, line
    said = capsys.readouterr().out
    assert "design    looks at 16 settings" in said
    assert "COMPLETE" in said
    exec(compile(blocks["python"], str(PAGE), "exec"), {})
