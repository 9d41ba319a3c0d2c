from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.taken_at import of_micromanager, taken_at
from tests.hil.frames.written import mm_stacks, ndtiff

IMAGE = np.full((8, 8), 100, np.uint16)

SAID = [
    ({"ZPositionUm": 1.5, "Core-Focus": "Z"}, {"Z.position_um": 1.5}),
    ({"Exposure-ms": "10", "Core-Camera": "Cam"}, {"Cam.exposure_ms": 10.0}),
    ({"Wheel-Label": "DAPI", "Wheel-State": "3"}, {"Wheel.Label": "DAPI", "Wheel.State": 3.0}),
    ({"Cam-Gain": {"PropType": "Integer", "PropVal": "4"}}, {"Cam.Gain": 4.0}),
    ({"Laser-Power Set Point": 5}, {"Laser.Power_Set_Point": 5.0}),
    ({"ElapsedTime-ms": 5, "Core-Shutter": "S", "Cam-TimeStamp": "9", "UUID": "x"}, {}),
    ('{"ZPositionUm": 2}', {"focus.position_um": 2.0}),
    ("no json", {}),
    (None, {}),
]


@pytest.mark.parametrize(("told", "settings"), SAID)
def test_what_micro_manager_says_of_a_frame(told: object, settings: dict[str, object]) -> None:
    assert of_micromanager(told) == settings


def test_ndtiff_says_it_frame_by_frame(tmp_path: Path) -> None:
    frames = {(("position", p), ("z", z)): IMAGE for p in range(2) for z in range(3)}
    ndtiff(tmp_path / "a", frames, {}, lambda axes: {"ZPositionUm": axes["z"] * 0.5 - 1})
    found = taken_at(tmp_path / "a")
    assert (found.axes, found.shape) == ("PZ", (2, 3))
    assert [found.settings[1, z]["focus.position_um"] for z in range(3)] == [-1, -0.5, 0]
    assert found.settings[0, 0]["Cam.exposure_ms"] == 10


def test_stacks_of_micro_manager_say_it_page_by_page(tmp_path: Path) -> None:
    stacks = np.broadcast_to(IMAGE, (1, 3, 1, 8, 8))
    (path,) = mm_stacks(tmp_path / "a", stacks, ("w",), lambda p, t: {"ZPositionUm": t * 2.0})
    found = taken_at(path)
    assert [told["focus.position_um"] for _, told in sorted(found.settings.items())] == [0, 2, 4]
    assert taken_at(path.parent).settings == found.settings


def test_ome_tiff_says_it_plane_by_plane(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    planes = {
        "PositionZ": [-1.0, 0.0, 1.0],
        "PositionZUnit": ["nm"] * 3,
        "ExposureTime": [0.02] * 3,
    }
    tifffile.imwrite(path, np.stack([IMAGE] * 3), metadata={"axes": "ZYX", "Plane": planes})
    found = taken_at(path)
    assert found.settings[2,] == {"focus.position_um": 1e-3, "camera.exposure_ms": 20.0}


@pytest.mark.parametrize("name", ["a.npy", "folder"])
def test_others_say_none(tmp_path: Path, name: str) -> None:
    if name == "a.npy":
        np.save(tmp_path / name, IMAGE)
    else:
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="says no settings; allowed: a table"):
        taken_at(tmp_path / name)
