from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from hil.frames.taken_at import taken_at
from hil.replay.file_metadata import table_of_metadata

FRAMES = np.full((2, 3, 8, 8), 100, np.uint16)
AXES = [
    {"name": "t", "type": "time"},
    {"name": "z", "type": "space", "unit": "nanometer"},
    {"name": "y", "type": "space"},
    {"name": "x", "type": "space"},
]


def ngff(path: Path, version: int, **attributes: Any) -> Any:
    group = zarr.open_group(str(path), mode="w", zarr_format=version)  # type: ignore[arg-type]
    array = group.create_array("0", shape=FRAMES.shape, dtype="uint16", chunks=(1, 1, 8, 8))
    array[:] = FRAMES
    steps = [
        {"type": "scale", "scale": [1, 500.0, 1, 1]},
        {"type": "translation", "translation": [0, -500.0, 0, 0]},
    ]
    says = [{"axes": AXES, "datasets": [{"path": "0", "coordinateTransformations": steps}]}]
    group.attrs.update({"ome": {"multiscales": says}} if version == 3 else {"multiscales": says})
    group.attrs.update(attributes)
    return array


@pytest.mark.parametrize("version", [2, 3])
def test_ome_ngff_tells_the_focus_and_attributes_what_they_are_called(
    tmp_path: Path, version: int
) -> None:
    ngff(tmp_path / "a.zarr", version, settings={"mirror.z5_nm": 40}, **{"light.power_mw": 2.0})
    found = taken_at(tmp_path / "a.zarr")
    assert (found.axes, found.shape) == ("TZ", (2, 3))
    told = {"mirror.z5_nm": 40.0, "light.power_mw": 2.0}
    assert found.settings[1, 0] == {**told, "focus.position_um": -0.5}
    assert found.settings[0, 2] == {**told, "focus.position_um": 0.5}
    table, axes = table_of_metadata([tmp_path / "a.zarr"])
    assert [row["focus.position_um"] for row in table.rows] == [-0.5, 0.0, 0.5]
    assert axes == "rfyx"


def test_what_pymmcore_plus_says_of_each_frame(tmp_path: Path) -> None:
    array = ngff(tmp_path / "a.zarr", 2)
    array.attrs["frame_meta"] = [
        {
            "mda_event": {"index": {"t": t, "z": z}},
            "exposure_ms": 10.0 + t,
            "camera_device": "Cam",
            "position": {"z": 2.0 * z},
            "property_values": [{"dev": "Wheel", "prop": "Label", "val": "AB"[t]}],
        }
        for t in range(2)
        for z in range(3)
    ]
    told = {"Cam.exposure_ms": 11.0, "focus.position_um": 4.0, "Wheel.Label": "B"}
    assert taken_at(tmp_path / "a.zarr").settings[1, 2] == told


def test_several_arrays_are_a_trial_each(tmp_path: Path) -> None:
    for k in range(2):
        ngff(tmp_path / f"{k}.zarr", 3, settings={"mirror.z5_nm": 40 * k})
    table, _ = table_of_metadata([tmp_path / f"{k}.zarr" for k in range(2)])
    assert table.rows == ({"mirror.z5_nm": 0.0}, {"mirror.z5_nm": 40.0})
