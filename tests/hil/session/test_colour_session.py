"""A session with a camera of three channels, whose driver is somebody else's package."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import zarr

import hil
from hil.noise import PoissonNoise

ROOT = Path(__file__).parents[3]
RIG = """\
name = "colour rig"
camera = "camera"

[[driver]]
kind = "test.colour"

[noise]
kind = "poisson"

[[park]]
set = { "filter.width_nm" = 0 }
"""
SESSION = """\
name = "colours"
rig = "rig.toml"
trials = 3
seed = 2

[[search]]
setting = "filter.width_nm"
low = 1
high = 10

[measure]
fields = [{ "camera.scene" = 0 }, { "camera.scene" = 1 }]
repeats = 2

[estimator]
kind = "stationary"
patch_size = 4

[sampler]
kind = "random"
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    about = tmp_path / "packages" / "colour-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: colour\nVersion: 1.0\n")
    entry = "[hil.drivers]\ntest.colour = tests.hil.colour_camera:KIND\n"
    (about / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(about.parent))
    # the guardian is a process of its own
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(about.parent), str(ROOT)]))
    (tmp_path / "rig.toml").write_text(RIG)
    (tmp_path / "session.toml").write_text(SESSION)
    return tmp_path


def test_channels_are_measured_kept_and_scored(session: Path) -> None:
    url = f"sqlite:///{(session / 'hil.db').as_posix()}"
    result = hil.run_session(session / "session.toml", url)
    assert (result.state, result.n_complete) == ("COMPLETE", 3)
    with hil.open_database(url) as database:
        frames = database.frames("last", 1)
        assert (frames.shape, frames.dtype) == ((2, 2, 3, 48, 48), np.uint16)
        assert database.verify("last") == []
        trials = database.trials("last", sort="number")
        group = zarr.open_group(next((session / "hil-frames").iterdir()), mode="r")
        array = group["000001/0"]
        assert isinstance(array, zarr.Array)
        assert array.metadata.dimension_names == ("repeat", "channel", "field", "y", "x")  # type: ignore[union-attr]
        np.testing.assert_array_equal(np.moveaxis(np.asarray(array[:]), 2, 0), frames)
    again = hil.estimate_information(frames, PoissonNoise(), "stationary", 4, seed=2)
    assert trials["objective"][1] == pytest.approx(again.bits_per_pixel)
    brightest = trials["filter.width_nm"].idxmax()
    assert trials["objective"].idxmax() == brightest
