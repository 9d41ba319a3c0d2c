"""Exit statuses, one-line mistakes, a light start and the help of every command."""

from __future__ import annotations

import errno
import importlib
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from hil.cli.main import run

main_module = importlib.import_module("hil.cli.main")  # the package holds a function of that name


class Mistake(NamedTuple):
    name: str
    arguments: list[str]
    says: str


MISTAKES = [
    Mistake("no such command", ["rnu"], "No such command"),
    Mistake("no such option", ["run", "session.toml", "--trails", "3"], "--trials"),
    Mistake("no such file", ["run", "none.toml"], "none.toml: no such file"),
    Mistake("no trials", ["run", "session.toml", "--trials", "0"], "allowed: 1 or more"),
    Mistake("too many trials", ["check", "session.toml", "--trials", "9" * 30], "up to 1000000"),
    Mistake("no database", ["sessions"], "no database there"),
    Mistake("not a URL", ["sessions", "--db", "hil.db"], "--db"),
    Mistake("nothing to resume", ["resume"], "no database there"),
    Mistake("no such rig", ["park", "none.toml"], "none.toml: no such file"),
    Mistake("no such frames", ["estimate", "f.npy", "--noise", "poisson"], "f.npy"),
    Mistake("no noise", ["estimate", "f.npy"], "--noise"),
    Mistake("no configuration", ["rig", "init", "none.cfg"], "none.cfg: no such file"),
    Mistake("no picture there", ["demo", "--picture", "a.txt"], "a .png file"),
    Mistake("neither best nor trial", ["apply", "last"], "--best or --trial"),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_mistakes_are_one_line_and_write_nothing(
    case: Mistake, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    assert run(case.arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert case.says in error
    assert sorted(folder.rglob("*")) == before


def test_start_is_light() -> None:
    code = (
        "import sys, hil, hil.cli.main;"
        "print([m for m in ('torch', 'optuna', 'sqlalchemy', 'matplotlib', 'pymmcore_plus', 'numpy',"
        " 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[:2] == "  "]
    for command in listed[listed.index("--help") + 1 :]:
        if command.islower() and command.isalpha():
            assert run([command, "--help"]) == 0
            assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["trials", "--help"], ["db", "--help"], ["rig", "check", "--help"]]
)
def test_the_command_that_is_asked_for_is_built_alone_and_is_the_same(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    only = main_module._with_only(words)
    assert len(only.registered_commands) + len(only.registered_groups) == 1
    assert run(words) == 0
    said = capsys.readouterr().out
    monkeypatch.setattr(main_module, "_with_only", lambda arguments: main_module.app)
    assert run(words) == 0
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"], ["trails"]])
def test_without_a_command_it_is_the_whole_program(words: list[str]) -> None:
    assert main_module._with_only(words) is main_module.app


def test_a_shell_that_completes_asks_the_whole_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_HIL_COMPLETE", "complete_bash")
    assert main_module._with_only(["trials"]) is main_module.app


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "trials.csv"),
        PermissionError(errno.EACCES, "Permission denied", "trials.csv"),
        OSError(errno.EROFS, "Read-only file system"),
    ],
    ids=["full", "closed", "read-only"],
)
def test_what_the_system_refuses_is_no_defect(
    error: OSError, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever a command writes: a table, a figure, standard output."""

    def write(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("hil.store.open_database", write)
    assert run(["sessions"]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "defect" not in said
    assert str(error.strerror) in said
    assert ("trials.csv" in said) == (error.filename is not None)


def test_another_error_is_a_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(*arguments: object, **options: object) -> None:
        raise OSError("told by nobody")

    monkeypatch.setattr("hil.store.open_database", write)
    assert run(["sessions"]) == 1
    assert "a defect of hil" in capsys.readouterr().err


BUSY = """\
import sys, threading, time
from importlib import import_module
main = import_module("hil.cli.main").main
import torch
def work():
    while True:
        torch.randn(300, 300) @ torch.randn(300, 300)
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
sys.argv = ["hil", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(("words", "status"), [(["--version"], 0), (["show", "5", "--db", "."], 2)])
def test_threads_of_a_device_that_still_compute_do_not_abort_the_end(
    words: list[str], status: int
) -> None:
    """A Ctrl-C was once answered by ``terminate called without an active exception``."""
    done = subprocess.run([sys.executable, "-c", BUSY, *words], capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    assert "terminate" not in done.stderr
    assert len((done.stdout + done.stderr).splitlines()) == 1
