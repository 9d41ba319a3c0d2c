"""Programs with windows run on a simulated microscope, without a screen."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples" / "pymmcore"
VISIT = Path(__file__).with_name("in_a_window.py")


def visited(example: str, folder: Path, with_opengl: bool) -> dict[str, Any]:
    """Run an example with a window, on a screen of its own where it needs OpenGL."""
    command = [sys.executable, "-W", "ignore", str(VISIT), str(EXAMPLES / example)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
    if with_opengl:
        if (screen := shutil.which("xvfb-run")) is None:
            pytest.skip("xvfb-run is not installed: no screen with OpenGL")
        command = [screen, "-a", "-s", "-screen 0 1280x900x24 +extension GLX", *command]
        environment |= {"QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1"}
    picture = folder / "window.png"
    ended = subprocess.run(
        [*command, str(picture)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "no Qt platform plugin could be initialized" in ended.stderr:
        pytest.skip("libraries of the system that Qt's xcb needs are not installed")
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert picture.stat().st_size > 5000
    seen: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return seen


def assert_it_is_the_microscope(seen: dict[str, Any]) -> None:
    assert {"camera", "light", "focus", "mirror"} <= set(seen["devices"])
    assert seen["frame"] > 105, "lit: the dark frame reads 100"
    assert seen["power_mw"] == [2.0, 5.0], "turned by a widget"


def needs(*modules: str) -> None:
    for name in modules:
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


def test_a_window_of_ones_own(tmp_path: Path) -> None:
    needs("pymmcore_widgets", "PyQt6")
    assert_it_is_the_microscope(visited("in_widgets.py", tmp_path, with_opengl=False))


def test_pymmcore_guis_window_opens_on_it(tmp_path: Path) -> None:
    needs("pymmcore_gui", "PyQt6")
    assert_it_is_the_microscope(visited("in_pymmcore_gui.py", tmp_path, with_opengl=False))


def test_napari_micromanagers_window_shows_its_frame(tmp_path: Path) -> None:
    needs("napari", "napari_micromanager", "PyQt6")
    seen = visited("in_napari.py", tmp_path, with_opengl=True)
    assert_it_is_the_microscope(seen)
    assert seen["layers"] == pytest.approx([seen["frame"]])
