"""The recipes of CONTRIBUTING.md work: their files are written into a copy, and do what is said."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCKS = dict(
    re.findall(
        r"```python\n# (\S+)\n(.*?)```",
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the tree with the recipes' files in it; what exists is added to."""
    folder = tmp_path_factory.mktemp("contributing")
    for name in ("hil", "sim", "drivers"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name, text in BLOCKS.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        marker = "if TYPE_CHECKING:\n    SamplerSpec"
        new = old.replace(marker, f"{text}\n\n{marker}") if marker in old else f"{old}\n\n{text}"
        path.write_text(new, encoding="utf-8")
    return folder


def python(folder: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
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


def test_the_estimator_passes_its_contract(copy: Path) -> None:
    test = copy / "test_alike.py"
    test.write_text(
        "from hil.testing import EstimatorContract\n\n\n"
        'class TestAlike(EstimatorContract):\n    estimator = "alike"\n',
        encoding="utf-8",
    )
    assert "passed" in python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test))


def test_the_samplers_table_is_known(copy: Path) -> None:
    code = (
        "from pydantic import TypeAdapter; from hil.spec import SamplerSpec;"
        "print(TypeAdapter(SamplerSpec).validate_python({'kind': 'scatter'}).fixed_design)"
    )
    assert python(copy, "-c", code) == "True\n"


def test_the_stopping_rule_stops(copy: Path) -> None:
    code = (
        "from hil.session.stopping import TrialsTried;"
        "print(TrialsTried(2).refuses([]) == '', TrialsTried(2).refuses([None, None]))"
    )
    assert python(copy, "-c", code) == "True 2 trials were begun\n"


def test_the_rig_keeps_its_contract(copy: Path) -> None:
    kinds = copy / "hil" / "rig" / "driver_kinds.py"
    line = '    "sim.pinhole": "sim.pinhole:KIND",\n'
    text = kinds.read_text(encoding="utf-8")
    kinds.write_text(text.replace("BUILT_IN = {\n", "BUILT_IN = {\n" + line), encoding="utf-8")
    test = copy / "test_pinhole.py"
    test.write_text(
        "from hil.testing import DriverContract\n\n\n"
        'class TestPinhole(DriverContract):\n    kind = "sim.pinhole"\n'
        '    moves = {"hole.diameter_um": (30.0, 60.0), "camera.exposure_ms": (20.0, 10.0)}\n'
        '    exposure = "camera.exposure_ms"\n    long_ms = 1000.0\n',
        encoding="utf-8",
    )
    assert "passed" in python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test))
