"""The tutorial's sessions, in its order; the demo and what serves until Ctrl-C are tested elsewhere."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

import hil
from hil.cli.main import run
from tests.test_readme import demo_config

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
# tests/test_readme.py runs the demo and draws a report, tests/hil/web serves the live page
ELSEWHERE = ("python -m pip", "hil demo", "hil report", "hil watch")


def test_the_tutorial_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HIL_DATABASE", "HIL_FRAMES"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(demo_config(), tmp_path / "my-microscope.cfg")
    text = PAGE.read_text(encoding="utf-8")
    of_the_demo, own = text.split("## 2. ")
    blocks = re.findall(r"```(\w+)\n(.*?)```", own, flags=re.DOTALL)
    assert {language for language, _ in blocks} == {"sh", "toml"}
    for language, block in blocks:
        if language == "toml":
            name = block.splitlines()[0].removeprefix("# ")
            (tmp_path / name).write_text(block.replace("trials = 6", "trials = 2"), "utf-8")
            continue
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            assert words[0] == "hil" and run(words[1:]) == 0, line
    with hil.open_database() as database:
        trials = database.trials("last")
    assert list(trials["state"]) == ["COMPLETE"] * 2
    assert ((trials["ci_low"] < 0.02) & (trials["ci_high"] > -0.02)).all()
    assert '[limits."Z.position_um"]' in (tmp_path / "my-rig.toml").read_text(encoding="utf-8")
    # What is asked after the demo is asked of this session here.
    for line in re.findall(r"^hil .*$", of_the_demo, flags=re.MULTILINE):
        if not line.startswith(ELSEWHERE):
            assert run(shlex.split(line)[1:]) == 0, line
    capsys.readouterr()


def test_commands_within_the_text_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option that a sentence names is one of its command's."""
    text = PAGE.read_text(encoding="utf-8")
    named = [shlex.split(one) for one in re.findall(r"`(hil [^`\n]+)`", text)]
    assert len(named) >= 4
    for words in named:
        told = [word for word in words[1:] if word.isalpha()]
        assert run([told[0], "--help"]) == 0, words
        known = capsys.readouterr().out
        for option in (word for word in words if word.startswith("--")):
            assert option in known, (words, option)
