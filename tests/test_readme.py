"""Every command and every snippet of the README is run, in its order, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import hil

ROOT = Path(__file__).parents[1]
INSTALL = "python -m pip install"


class Block(NamedTuple):
    language: str
    text: str


def blocks() -> list[Block]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [Block(*found) for found in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL)]


def demo_config() -> Path:
    from pymmcore_plus import find_micromanager

    for folder in find_micromanager(return_first=False):
        path = Path(folder) / "MMConfig_demo.cfg"
        if path.is_file():
            return path
    raise AssertionError("the demo adapters bring no MMConfig_demo.cfg")


def run(line: str, folder: Path) -> str:
    words = shlex.split(line)
    assert words[0] == "hil", line
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HIL_")}
    done = subprocess.run(
        [sys.executable, "-m", "hil.cli", *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Follow the whole README; what it leaves behind is looked at by the tests."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copy(demo_config(), folder / "MMConfig_demo.cfg")
    outputs = []
    for language, text in blocks():
        if language == "toml":
            name = text.splitlines()[0].removeprefix("# ")
            (folder / name).write_text(text, encoding="utf-8")
        elif language == "sh":
            for line in text.splitlines():
                if line.startswith("hil estimate"):
                    with hil.open_database(f"sqlite:///{folder.as_posix()}/hil.db") as database:
                        np.save(folder / "frames.npy", database.frames("last", 0))
                if line.startswith("hil"):
                    outputs.append(f"$ {line}\n{run(line, folder)}")
        elif language == "python":
            here = Path.cwd()
            os.chdir(folder)
            try:
                exec(compile(text, "README.md", "exec"), {})
            finally:
                os.chdir(here)
        elif language == "sql":
            connection = sqlite3.connect(folder / "hil.db")
            rows = connection.execute(text).fetchall()
            connection.close()
            outputs.append(f"$ sql\n{len(rows)}")
    (folder / "output.txt").write_text("\n".join(outputs), encoding="utf-8")
    return folder


def test_the_demo_ends_as_the_readme_says(folder: Path) -> None:
    output = (folder / "output.txt").read_text(encoding="utf-8")
    found = re.search(r"(\d+) nm rms at first, (\d+) nm at the best trial", output)
    assert found is not None
    assert int(found[1]) == 100
    assert int(found[2]) <= 30
    trials = re.search(r"trials    (\d+) complete of (\d+)", output)
    assert trials is not None
    assert 40 <= int(trials[1]) == int(trials[2]) <= 50, "it ends when its winner is sure enough"
    assert "leaders with probability" in output
    assert (folder / "hil-demo.png").read_bytes().startswith(b"\x89PNG")


def test_the_queries_answer(folder: Path) -> None:
    output = (folder / "output.txt").read_text(encoding="utf-8")
    assert "readme" in output, "the tag is listed"
    assert "$ sql\n10" in output
    assert (folder / "trials.csv").read_text(encoding="utf-8").startswith("session_id")
    assert (folder / "optuna.db").exists()
    assert "bits per pixel" in output


def test_the_drafted_rig_is_a_rig(folder: Path) -> None:
    text = (folder / "scope.toml").read_text(encoding="utf-8")
    assert "[[park]]" in text
    assert '[limits."Z.position_um"]' in text


def test_what_is_not_run_here_is_run_by_ci() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = [
        line for language, text in blocks() if language == "sh" for line in text.splitlines()
    ]
    others = [line for line in commands if not line.startswith("hil")]
    assert [line for line in others if not line.startswith(INSTALL)] == ["python -m pytest"]
    assert "python -m pytest" in ci
    assert '-e ".[test]"' in ci


def test_the_quick_checks_name_tests_that_are_there() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    named = re.findall(r"tests/[\w/.]+", ci)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
