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
    ("[" * 100_000, {}),
    ({"ZPositionUm": 10**400, "Laser-Power": 10**400}, {}),
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


def test_slices_of_ome_tiff_lie_apart_as_it_says_where_planes_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    size = {"PhysicalSizeZ": 500, "PhysicalSizeZUnit": "nm"}
    tifffile.imwrite(path, np.stack([IMAGE] * 3), metadata={"axes": "ZYX", **size})
    assert taken_at(path).settings[2,] == {"focus.position_um": 1.0}


OME = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'


def files_of_one_dataset(folder: Path, companion: bool) -> None:
    """A file a time with two slices each, of which each knows all others, or one beside them."""
    folder.mkdir()
    planes = "".join(
        f'<Plane TheZ="{z}" TheC="0" TheT="{t}" PositionZ="{z - 1}"/>'
        for t in range(2)
        for z in range(2)
    )
    parts = "".join(
        f'<TiffData FirstT="{t}" IFD="0" PlaneCount="2"><UUID FileName="t{t}.ome.tif">'
        f"urn:uuid:{t}</UUID></TiffData>"
        for t in range(2)
    )
    pixels = (
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZTC" Type="uint16" SizeX="8"'
        f' SizeY="8" SizeZ="2" SizeC="1" SizeT="2">{parts}{planes}</Pixels></Image></OME>'
    )
    for t in range(2):
        words = f'{OME[:-1]} UUID="urn:uuid:{t}">{pixels}'.encode()
        words = None if companion else words
        stack = np.stack([IMAGE] * 2)
        tifffile.imwrite(folder / f"t{t}.ome.tif", stack, description=words, metadata=None)
    if companion:
        (folder / "a.companion.ome").write_text(OME + pixels, encoding="utf-8")


@pytest.mark.parametrize("companion", [False, True])
def test_files_that_are_one_dataset_say_it_together(tmp_path: Path, companion: bool) -> None:
    files_of_one_dataset(tmp_path / "a", companion)
    found = taken_at(tmp_path / "a")
    assert (found.axes, found.shape) == ("TZ", (2, 2))
    assert [found.settings[1, z]["focus.position_um"] for z in range(2)] == [-1, 0]


def test_colour_within_pixels_says_no_settings_of_images(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    told = {"axes": "ZYXS", "spacing": 0.5, "unit": "um"}
    tifffile.imwrite(path, np.zeros((3, 8, 8, 3), np.uint8), imagej=True, metadata=told)
    with pytest.raises(InputError, match="colours or channels within its pixels"):
        taken_at(path)


def test_words_where_numbers_belong_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    plane = '<Plane TheZ="a" TheC="0" TheT="0" PositionZ="1"/>'
    words = (
        f'{OME}<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZTC" Type="uint16"'
        f' SizeX="8" SizeY="8" SizeZ="2" SizeC="1" SizeT="1"><TiffData/>{plane}</Pixels>'
        "</Image></OME>"
    )
    stack = np.stack([IMAGE] * 2)
    tifffile.imwrite(path, stack, description=words.encode(), metadata=None)
    with pytest.raises(InputError, match="cannot be read: ") as refused:
        taken_at(path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["a.npy", "folder"])
def test_others_say_none(tmp_path: Path, name: str) -> None:
    if name == "a.npy":
        np.save(tmp_path / name, IMAGE)
    else:
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="says no settings; allowed: a table"):
        taken_at(tmp_path / name)
