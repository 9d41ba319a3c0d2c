"""A word to the person at the terminal, and a question where there is one."""

from __future__ import annotations

import sys

import typer

from hil.cli.screen.unread import say


def say_line(line: str) -> None:
    """Say something beside the results."""
    say(f"{line}\n", sys.stderr)


def ask(question: str) -> bool:
    """Ask for a yes; no where nobody sits at a terminal to give it."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(question, default=False, err=True)
