"""napari's way to trials: the manifest that pyproject.toml names, and what its reader gives."""

from __future__ import annotations

import importlib.util
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import HilError
from hil.report.napari.reader import get_reader
from hil.store import Database

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its models, by the present pydantic
    from npe2 import PluginManager, PluginManifest, io_utils

ROOT = Path(__file__).parents[4]


@pytest.fixture
def napari() -> Iterator[Callable[[str], list[Any]]]:
    """Open an address as napari does, with no plug-in but the one that is installed with hil."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entry = project["entry-points"]["napari.manifest"]["hil-imaging"]
    module, _, file = entry.partition(":")
    found = importlib.util.find_spec(module)
    assert found is not None and found.submodule_search_locations
    manifest = PluginManifest.from_file(Path(found.submodule_search_locations[0], file))
    assert manifest.name == project["name"]
    manifest.validate_imports()
    manager = PluginManager()
    manager.register(manifest)
    manager.activate(manifest.name)
    yield lambda path: io_utils._read([path], stack=False, _pm=manager)


@pytest.fixture
def where(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIL_DATABASE", database.url)
    monkeypatch.setenv("HIL_FRAMES", str(database.frames_folder))


@pytest.mark.usefixtures("where")
def test_a_trial_opens_with_its_axes_and_settings(
    napari: Any, database: Database, measured: Any
) -> None:
    key = measured(n=3, rig_text="[optics]\npixel_size_um = 0.5\n")
    ((pixels, told, kind),) = napari(f"hil://{key[:8]}/2")
    np.testing.assert_array_equal(pixels, database.frames(key, 2))
    assert kind == "image"
    assert told["name"] == "night, trial 2"
    assert told["scale"] == (1, 1, 0.5, 0.5)
    assert told["axis_labels"] == ("field", "repeat", "y", "x")
    assert told["metadata"]["hil"]["settings"].keys() == {"stage.x_um", "stage.y_um"}


@pytest.mark.usefixtures("where")
def test_a_session_opens_with_its_trials_as_a_slider(
    napari: Any, database: Database, measured: Any
) -> None:
    key = measured(n=6, fields=lambda number: [0, 2] if number else [1, 2])
    ((pixels, told, _),) = napari(f"hil://{key}/")
    about = told["metadata"]["hil"]
    # The fifth failed, and has no frames.
    assert (about["trials"], about["fields"]) == ([0, 1, 2, 3, 5], [0, 1, 2])
    assert pixels.shape == (5, 3, 1, 16, 12)
    assert len(told["axis_labels"]) == len(told["scale"]) == len(told["units"]) == 5
    trial_5 = np.asarray(pixels[4])
    np.testing.assert_array_equal(trial_5[[0, 2]], database.frames(key, 5))
    assert not trial_5[1].any()  # it did not measure that one
    np.testing.assert_array_equal(np.asarray(pixels[0, 1:]), database.frames(key, 0))


@pytest.mark.usefixtures("where")
def test_what_cannot_be_opened_says_why(napari: Any, measured: Any) -> None:
    assert get_reader("hil.tif") is get_reader("hil://a/b") is get_reader([]) is None
    measured(n=1)
    for path, said in (("hil://last/9", "no such trial"), ("hil://ffffffff", "no session")):
        with pytest.raises(HilError, match=said):
            napari(path)
    key = measured(n=0)
    with pytest.raises(HilError, match="no trial's frames were kept"):
        napari(f"hil:/{key}")
