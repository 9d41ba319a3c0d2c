"""A file that cannot serve as a scene is refused with its name, on every rig that takes .npy files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.errors import ConfigError
from sim import lensless, satellite, tomography
from sim.microscope import rig as microscope
from sim.parts.rig import SimulatedKind

KINDS: dict[str, tuple[SimulatedKind[Any], dict[str, Any]]] = {
    "fluorescence": (microscope.KIND, {}),
    "phase": (microscope.KIND, {"contrast": "phase"}),
    "satellite": (satellite.KIND, {}),
    "lensless": (lensless.KIND, {}),
    "tomography": (tomography.KIND, {}),
}
FILES = {
    "empty": "the file is empty",
    "archive": "an archive",
    "words": "real numbers",
    "complex": "real numbers",
    "infinite": "finite",
    "none": "one at least",
    "scalar": "own.npy",
}


def write(path: Path, what: str) -> None:
    arrays: dict[str, Any] = {
        "words": np.full((300, 300), "a"),
        "complex": np.full((300, 300), 1j),
        "infinite": np.full((300, 300), np.inf),
        "none": np.zeros((0, 300)),
        "scalar": np.float64(1),
    }
    with path.open("wb") as file:  # numpy would add an ending of its own
        if what == "archive":
            np.savez(file, a=np.ones((300, 300)))
        elif what != "empty":
            np.save(file, arrays[what])


@pytest.mark.parametrize("rig", KINDS)
@pytest.mark.parametrize("what", FILES)
def test_what_is_no_scene_is_refused(rig: str, what: str, tmp_path: Path) -> None:
    kind, options = KINDS[rig]
    write(tmp_path / "own.npy", what)
    with pytest.raises(ConfigError, match=FILES[what]) as caught:
        kind.options(options | {"scene": "own.npy"}, tmp_path)
    assert caught.value.key == "scene"
    assert "own.npy" in str(caught.value)
