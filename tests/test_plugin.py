"""A package of another lab is installed, found by name, and keeps the contracts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the package, installed beside it; a build in the tree would leave files there."""
    folder = tmp_path_factory.mktemp("plugin")
    ignored = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    shutil.copytree(ROOT / "examples" / "plugin", folder / "source", ignore=ignored)
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    target = ("--target", str(folder / "installed"), str(folder / "source"))
    python(folder, "-m", "pip", "install", *offline, *target)
    return folder


def python(folder: Path, *words: str) -> str:
    """Run in a process of its own, outside this tree, with the package and this project."""
    paths = os.pathsep.join((str(folder / "installed"), str(ROOT)))
    # what a worker of pytest-xdist is told is not for the suite that runs inside it
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder / "source",
        env={**own, "PYTHONPATH": paths, "HIL_DATABASE": f"sqlite:///{folder / 'hil.db'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_driver_and_estimator_are_found_by_name(plugin: Path) -> None:
    code = (
        "from hil.rig.driver_kinds import driver_kind, kind_names;"
        "from hil.information.registry import find_estimator;"
        "print(type(driver_kind('acme.lightbox')).__module__, 'acme.lightbox' in kind_names());"
        "from hil.metrics.registry import metric_names;"
        "print(type(find_estimator('histogram')).__module__);"
        "print('acme.bright_share' in metric_names())"
    )
    said = python(plugin, "-c", code).splitlines()
    assert said == ["acme_hil.lightbox True", "acme_hil.histogram", "True"]


@pytest.mark.parametrize("test", ["test_lightbox", "test_histogram"])
def test_its_own_tests_pass(plugin: Path, test: str) -> None:
    words = (
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:npe2",
        f"tests/{test}.py",
    )
    last = python(plugin, *words).splitlines()[-1]
    assert "passed" in last and "skipped" not in last


def test_its_rig_runs_with_its_estimator(plugin: Path) -> None:
    assert "camera.exposure_ms" in python(plugin, "-m", "hil.cli", "rig", "check", "rig.toml")
    said = python(plugin, "-m", "hil.cli", "run", "session.toml")
    assert "4 complete of 4" in said
    listed = python(plugin, "-m", "hil.cli", "trials", "--sort=-metric.bright")
    assert "metric.bright" in listed
