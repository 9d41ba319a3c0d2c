"""The house keeps its shape: rooms, levels, names, and where the test of a file is found."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("hil", "sim", "drivers")
MODULES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
INITS = [path for path in MODULES if path.name == "__init__.py"]
ELSEWHERE: dict[str, str] = tomllib.loads(
    (ROOT / "tests" / "tested_elsewhere.toml").read_text(encoding="utf-8")
)["modules"]
CONTRACTS: list[dict[str, Any]] = tomllib.loads(
    (ROOT / "pyproject.toml").read_text(encoding="utf-8")
)["tool"]["importlinter"]["contracts"]
# Packages whose docstring lists the devices and settings of a rig, and why that is no orientation.
LONGER = {
    f"sim/{rig}/__init__.py": "its devices and settings stand there, where users look for them"
    for rig in (
        *("hyperspectral", "lensless", "microscope", "satellite", "tomography"),
        "microscope/led_array",
    )
}
# A planted import for each contract: the file, and the line that no file there may hold.
PLANTED = {
    "hil over sim over drivers": ("drivers/types.py", "import sim.parts"),
    "Inside hil": ("hil/records/trial.py", "import hil.session.run"),
    "optuna lives": ("hil/session/run.py", "import optuna"),
    "sqlalchemy lives": ("hil/session/run.py", "import sqlalchemy"),
    "pymmcore lives": ("hil/session/run.py", "import pymmcore_plus"),
    "torch lives": ("hil/session/run.py", "import torch"),
    "scikit-learn decodes": ("hil/session/run.py", "import sklearn"),
    "matplotlib draws": ("hil/session/run.py", "import matplotlib"),
    "The live page": ("hil/session/run.py", "import starlette"),
    "No two rooms": ("sim/parts/sensor.py", "import sim.microscope.rig"),
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def own_test(path: Path) -> Path:
    """Where the test of a module lies, if it has one of its own name."""
    return ROOT / "tests" / path.relative_to(ROOT).with_name(f"test_{path.name}")


TESTED = [path for path in MODULES if path.name not in ("__init__.py", "__main__.py")]


def test_few_modules_stand_loose() -> None:
    assert len(list((ROOT / "hil").glob("*.py"))) <= 4


def test_no_room_is_crowded() -> None:
    rooms = Counter(name_of(path.parent) for path in MODULES)
    assert {room: n for room, n in rooms.items() if n > 20} == {}


@pytest.mark.parametrize("path", TESTED, ids=name_of)
def test_every_module_has_a_test_that_is_found(path: Path) -> None:
    name = name_of(path)
    if own_test(path).is_file():
        assert name not in ELSEWHERE, f"{name} has {name_of(own_test(path))}: strike it off"
        return
    assert name in ELSEWHERE, f"write {name_of(own_test(path))}, or list {name}"
    covering = re.findall(r"tests/[\w/]+\.py", ELSEWHERE[name])
    assert covering, f"{name}: the reason names no test"
    for test in covering:
        assert (ROOT / test).is_file(), f"{name}: no {test}"


def test_the_list_of_tests_elsewhere_is_not_stale() -> None:
    assert set(ELSEWHERE) <= {name_of(path) for path in TESTED}


def test_public_classes_have_one_name_each() -> None:
    names = Counter(
        node.name
        for path in MODULES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, n in names.items() if n > 1] == []


@pytest.mark.parametrize("path", INITS, ids=name_of)
def test_every_room_says_what_it_is(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said, f"{name_of(path)} has no orientation"
    assert len(said.splitlines()) <= 10 or name_of(path) in LONGER


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "data")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def planted(contract: str) -> tuple[str, str]:
    return next(plant for name, plant in PLANTED.items() if contract.startswith(name))


@pytest.mark.parametrize("contract", [contract["name"] for contract in CONTRACTS])
def test_a_planted_import_fails(copied: Path, contract: str) -> None:
    name, line = planted(contract)
    path = copied / name
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n{line}\n", encoding="utf-8")
    try:
        told = lint(copied)
    finally:
        path.write_text(text, encoding="utf-8")
    assert re.search(re.escape(contract) + r"\s+BROKEN", re.sub(r"\s+", " ", told)), told


def lint(folder: Path) -> str:
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout
