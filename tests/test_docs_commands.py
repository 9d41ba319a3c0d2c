"""Every command that a page shows is one that the program has, with the options that it has.

Many of them are run by the tests of their pages; this goes for all the others, too.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from hil.cli.main import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(?:sh|text|console)?\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    lines = [line for block in _FENCE.findall(text) for line in block.splitlines()]
    lines += re.findall(r"`(hil [a-z][^`\n]*)`", text)
    return [line.split("  #")[0].strip() for line in lines if line.startswith("hil ")]


@pytest.fixture(scope="module")
def program() -> Any:
    return typer.main.get_command(app)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_are_there(page: Path, program: Any) -> None:
    for line in commands(page):
        words = shlex.split(line.replace("...", " "), comments=True)[1:]
        command = program
        while words and hasattr(command, "commands"):
            if words[0].startswith("-") or not words[0][:1].islower():
                break
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {"--help"} | {
            one for param in command.params for one in (*param.opts, *param.secondary_opts)
        }
        for word in words:
            option = re.match(r"\[?(--[a-z][a-z-]*)", word)
            if option is not None:
                assert option[1] in known, f"{page.name}: {line}"


def test_commands_are_found() -> None:
    found = [line for page in PAGES for line in commands(page)]
    assert len(found) > 150
    assert any(line.startswith("hil db merge") for line in found)
