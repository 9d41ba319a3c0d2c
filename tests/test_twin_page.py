"""What docs/twin.md says is run, in its order, after the session that it speaks of."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from hil.cli.main import run
from tests.hil.small_session import RIG, SESSION

PAGE = Path(__file__).parents[1] / "docs" / "twin.md"


def test_the_commands_and_the_snippet_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(toml|sh|python)\n(.*?)```", page, flags=re.DOTALL))
    Path("rig.toml").write_text(RIG, encoding="utf-8")
    kept = SESSION.replace("repeats = 2", 'repeats = 1\nkeep_frames = "all"')
    Path("session.toml").write_text(kept.replace("trials = 6", "trials = 5"), encoding="utf-8")
    Path("blank.toml").write_text(blocks["toml"], encoding="utf-8")
    assert run(["run", "session.toml"]) == 0
    first = True
    for line in blocks["sh"].splitlines():
        options = ["--db", "sqlite:///twin.db"] if not first else []
        assert run([*shlex.split(line)[1:], *options]) == 0, capsys.readouterr()
        first = False
    exec(compile(blocks["python"], str(PAGE), "exec"), {})
    said = capsys.readouterr().out
    for line in ("not told  photons_per_uj", "times the noise, over all trials", "left out"):
        assert line in said and line in page
