"""Names, labels and notes are shown and never obeyed."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.text import Text

from hil.cli.main import run
from hil.cli.screen.terminal import SafeConsole, safe_output


def test_print_is_safe_on_both_streams(capsys: pytest.CaptureFixture[str]) -> None:
    with safe_output():
        print("name \x1b]0;title\x07")
        print("note \u202e", file=sys.stderr)
    said = capsys.readouterr()
    assert said.out == "name \\x1b]0;title\\x07\n"
    assert said.err == "note \\u202e\n"


def test_a_console_styles_and_its_text_does_not_act() -> None:
    stream = io.StringIO()
    console = SafeConsole(stream, force_terminal=True, color_system="standard")
    console.print(Text("name\x1b[2J\u202e", style="bold"))
    assert stream.getvalue() == "\x1b[1mname\\x1b[2J\\u202e\x1b[0m\n"


def test_an_error_does_not_act(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["run", "\x1b[2Jnone\u202e.toml"]) == 2
    assert "\x1b" not in (said := capsys.readouterr().err)
    assert "\u202e" not in said
