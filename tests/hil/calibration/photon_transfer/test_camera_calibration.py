"""A calibration as a document and as a picture."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest

from hil.calibration import CameraCalibration
from hil.errors import InputError
from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate, flat


@pytest.fixture(scope="module")
def found() -> CameraCalibration:
    return calibrate(VirtualCamera(bit_depth=12), side_px=64)


def test_json_and_arrays_give_it_back(found: CameraCalibration) -> None:
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    again = CameraCalibration.from_json(document, found.arrays())
    for field in fields(found):
        if field.name not in ("maps", "points"):
            assert getattr(again, field.name) == getattr(found, field.name)
    for part in ("points", "maps"):
        first, second = getattr(found, part), getattr(again, part)
        for field in fields(first):
            np.testing.assert_array_equal(getattr(second, field.name), getattr(first, field.name))
    assert CameraCalibration.from_json(document).maps is None


def test_a_fit_that_came_to_nothing_is_a_document_too() -> None:
    nothing = calibrate(VirtualCamera(), side_px=16, levels=1, scene=flat)
    assert nothing.problems and nothing.gain_e_per_adu_sd == np.inf
    document = json.loads(json.dumps(nothing.to_json(), allow_nan=False))
    assert CameraCalibration.from_json(document).gain_e_per_adu_sd == np.inf


@pytest.mark.parametrize("key", ["gain_e_per_adu", "points", "json_version"])
def test_a_document_that_lacks_something_is_refused(found: CameraCalibration, key: str) -> None:
    document = found.to_json()
    del document[key]
    with pytest.raises(InputError, match="calibration"):
        CameraCalibration.from_json(document)


def test_the_numbers_are_shown_with_their_uncertainty(found: CameraCalibration) -> None:
    lines = str(found).splitlines()
    assert lines[0].startswith("gain") and lines[0].endswith("e/ADU") and "+-" in lines[0]
    assert "dark current    not measured" in lines
