"""The recipes of CONTRIBUTING.md work: their files are written into a copy, and do what is said."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A file, what of it a block goes into, and the block; into nothing: a new file, or the end of one.
BLOCKS: list[tuple[str, str, str]] = re.findall(
    r"```python\n# (\S+?\.py)(?:: in (\w+))?\n(.*?)```",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    flags=re.DOTALL,
)
UNION = "if TYPE_CHECKING:\n    SamplerSpec"  # of all tables, which stand before it


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the tree with the recipes' blocks in it."""
    folder = tmp_path_factory.mktemp("contributing")
    for name in ("hil", "sim", "drivers", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name, place, block in BLOCKS:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(added(old, place, block), encoding="utf-8")
    return folder


def added(text: str, place: str, block: str) -> str:
    """Put a block into a class or a collection of that name, as its last lines."""
    if not place:
        return text.replace(UNION, f"{block}\n\n{UNION}") if UNION in text else text + block
    (end,) = [
        node.end_lineno or 0
        if isinstance(node, ast.ClassDef)
        else (node.end_lineno or 0) - 1  # before its bracket
        for node in ast.parse(text).body
        if place in (getattr(node, "name", ""), *map(ast.unparse, targets(node)))
    ]
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:end], block, *lines[end:]])


def targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.AnnAssign):
        return [node.target]
    return node.targets if isinstance(node, ast.Assign) else []


def python(folder: Path, *words: str) -> str:
    # what a worker of pytest-xdist is told is not for the suite that runs inside it
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment = {**own, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_is_found(copy: Path) -> None:
    assert "Say hello." in python(copy, "-m", "hil.cli", "--help")
    assert python(copy, "-m", "hil.cli", "hello") == "hello\n"


def passes(folder: Path, test: str, which: str = "") -> None:
    words = ("-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", test)
    assert " passed" in python(folder, *words, "-k", which)


def test_the_estimator_passes_its_contract(copy: Path) -> None:
    passes(copy, "tests/contracts/test_estimators.py", "alike")


def test_the_sampler_proposes(copy: Path) -> None:
    path = copy / "tests" / "hil" / "proposer" / "test_optuna_proposer.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("import pytest\n", "import pytest\n\nfrom hil import spec\n", 1))
    passes(copy, str(path), "scatter")


def test_the_stopping_rule_ends_a_session(copy: Path) -> None:
    path = copy / "tests" / "hil" / "session" / "test_stopping.py"
    text = path.read_text(encoding="utf-8")
    listed = "failures_in_a_row=5)"
    assert listed in text
    path.write_text(text.replace(listed, "failures_in_a_row=5, trials_tried=9)"), encoding="utf-8")
    passes(copy, str(path), "tried or makes_a_rule")


def test_the_rig_keeps_its_contract(copy: Path) -> None:
    test = copy / "tests" / "contracts" / "test_sim_pinhole_contract.py"
    test.write_text(
        "from hil.testing import DriverContract\n\n\n"
        'class TestPinhole(DriverContract):\n    kind = "sim.pinhole"\n'
        '    moves = {"hole.diameter_um": (30.0, 60.0), "camera.exposure_ms": (20.0, 10.0)}\n'
        '    exposure = "camera.exposure_ms"\n    long_ms = 1000.0\n',
        encoding="utf-8",
    )
    passes(copy, str(test))
