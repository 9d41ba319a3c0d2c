"""A question needs somebody at a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from hil.cli.screen.asking import ask, say_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_where_nobody_sits_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert not ask("Go on?")


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_at_a_terminal_it_is_what_is_typed(
    monkeypatch: pytest.MonkeyPatch, typed: str, answer: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    assert ask("Go on?") is answer
    assert "Go on?" in shown.getvalue()


def test_lines_go_beside_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    say_line("something differs")
    assert capsys.readouterr() == ("", "something differs\n")
