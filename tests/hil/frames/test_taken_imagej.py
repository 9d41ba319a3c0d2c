from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from hil.frames.taken_at import taken_at
from hil.frames.taken_imagej import of_words

IMAGE = np.full((8, 8), 100, np.uint16)
WORDS = [
    ("exposure = 5 ms; gain=2", {"camera.exposure_ms": 5.0, "file.gain": 2.0}),
    ("Cam.ExposureTime: 0.02 s", {"Cam.exposure_ms": 20.0}),
    ("mirror.z5_nm = -40\nwheel.Label = DAPI", {"mirror.z5_nm": -40.0, "wheel.Label": "DAPI"}),
    ("Laser power: 3 mW", {"file.Laser_power_mW": 3.0}),
    ("a plane of last year", {}),
    ("Date: 2024-01-01, Frame time = 5", {}),
    ("exposure = long", {}),
]


@pytest.mark.parametrize(("words", "told"), WORDS)
def test_keys_and_values_in_words(words: str, told: dict[str, object]) -> None:
    assert of_words(words) == told


def test_a_hyperstacks_slices_labels_and_info(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    labels = [f"mirror.z5_nm={10 * k}" for k in range(6)]
    told = {"axes": "TZYX", "spacing": 0.5, "unit": "um", "Labels": labels, "Info": "light=3 mW"}
    tifffile.imwrite(path, np.stack([IMAGE] * 6).reshape(2, 3, 8, 8), imagej=True, metadata=told)
    found = taken_at(path)
    assert (found.axes, found.shape) == ("TZ", (2, 3))
    assert found.settings[1, 2] == {
        "file.light_mW": 3.0,
        "mirror.z5_nm": 50.0,
        "focus.position_um": 1.0,
    }


def test_slices_without_a_unit_of_length_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    told = {"axes": "ZYX", "spacing": 0.5, "unit": "pixel"}
    tifffile.imwrite(path, np.stack([IMAGE] * 3), imagej=True, metadata=told)
    assert taken_at(path).settings[(2,)] == {}


def test_one_page_may_stand_for_all_images_of_a_file(tmp_path: Path) -> None:
    """So ImageJ writes files beyond 4 GiB: the others lie behind the first, without a page."""
    path = tmp_path / "a.tif"
    words = "ImageJ=1.53t\nimages=3\nslices=3\nspacing=0.5\nunit=um\nloop=false\n"
    tifffile.imwrite(path, IMAGE, byteorder=">", description=words, metadata=None)
    with path.open("ab") as file:
        file.write(np.stack([IMAGE + 1, IMAGE + 2]).astype(">u2").tobytes())
    found = taken_at(path)
    assert [found.settings[z,]["focus.position_um"] for z in range(3)] == [0, 0.5, 1]
