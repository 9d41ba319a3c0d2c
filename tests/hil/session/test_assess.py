"""From a rig file to the noise model of its camera."""

from __future__ import annotations

from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.calibration.rig_noise import noise_model
from hil.errors import InputError
from hil.noise.camera import CameraNoise
from hil.records.estimate import Estimate
from hil.records.frames import Measurement
from hil.records.trial import UNDECIDED
from hil.session.assess import SessionAssessor, Surroundings
from hil.spec import SessionSpec, load_rig_file

RIG = """
name = "bench"
camera = "Camera"

[[driver]]
kind = "sim.microscope"

[noise]
"""


def test_a_map_lies_beside_the_rig_file(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG + 'kind = "gaussian"\nsigma_file = "maps/sigma.npy"\n')
    file = load_rig_file(rig)
    with pytest.raises(InputError, match=r"rig\.toml: noise\.sigma_file: .*no such file"):
        noise_model(file)
    (tmp_path / "maps").mkdir()
    np.save(tmp_path / "maps" / "sigma.npy", np.full((6, 8), 3.0))
    assert repr(noise_model(file)) == "GaussianMapNoise(sigma_adu 6 x 8, 3 to 3)"


def test_values_that_do_not_go_together_name_the_rig_file(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(
        RIG + 'kind = "xray"\nadu_per_photon = 4\noffset_adu = 300\n'
        "electronic_noise_adu = 2\nbit_depth = 8\n"
    )
    with pytest.raises(InputError, match=r"rig\.toml: noise\.offset_adu: 300 .*less than 255"):
        noise_model(load_rig_file(rig))


def spec_with(measure: dict[str, Any]) -> SessionSpec:
    said = {"spec_version": 1, "name": "s", "rig": "rig.toml", "trials": 4}
    search = [{"setting": "stage.z_um", "low": 0, "high": 1}]
    return SessionSpec.model_validate({**said, "search": search, "measure": measure})


@pytest.mark.parametrize(
    ("columns", "fields", "constraints"),
    [
        (8, (3,), {"flags": 1.0, UNDECIDED: 1.0}),  # all eight are going to tell
        (8, (), {"flags": 2.0}),  # and have told
        (3, (1,), {"flags": 2.0}),  # so few never will
    ],
)
def test_what_one_scene_cannot_tell_is_left_to_all_fields(
    columns: int, fields: tuple[int, ...], constraints: dict[str, float]
) -> None:
    spec = spec_with({"grid": {"columns": columns, "rows": 1, "step_um": 9}})

    def estimated(frames: Any, *args: Any, max_pixels: int, **kwargs: Any) -> Estimate:
        assert max_pixels == spec.estimator.max_pixels
        flags = ("pattern_possible", "coarse_counts", "one_scene")
        return Estimate(1.0, 0.9, 1.1, 2.0, 1.0, "own", 4, 1, 0.1, flags, {"saturated_share": 0.0})

    around = Surroundings(lambda values: {}, lambda values: 1.0, lambda values: 1.0)
    noise = CameraNoise(gain_e_per_adu=1.0, offset_adu=100.0, read_noise_e=1.0)
    assessor = SessionAssessor(spec, lambda values: noise, around, estimate=estimated)
    frames = np.full((max(len(fields), 1), 1, 8, 8), 110, np.uint16)
    found = assessor.assess(Measurement(frames, 1.0, 4095, fields=fields), {}).constraints
    assert {name: found[name] for name in found if name.startswith("flags")} == constraints


@pytest.mark.parametrize(
    ("fields", "pixel_um", "flagged"),
    [
        ((), 0.5, True),
        ((0, 2), 0.5, True),
        ((0, 1), 0.5, False),
        ((2,), 0.5, False),
        ((), nan, False),
    ],
)
def test_fields_that_show_the_same_of_the_sample_are_flagged(
    fields: tuple[int, ...], pixel_um: float, flagged: bool
) -> None:
    spec = spec_with({"fields": [{"stage.x_um": x, "stage.y_um": 0} for x in (0, 4, 1)]})

    def estimated(frames: Any, *args: Any, **kwargs: Any) -> Estimate:
        return Estimate(1.0, 0.9, 1.1, 2.0, 1.0, "own", 4, 1, 0.1, (), {"saturated_share": 0.0})

    around = Surroundings(
        lambda values: {}, lambda values: 1.0, lambda values: pixel_um**2, spec.measure.fields
    )
    noise = CameraNoise(gain_e_per_adu=1.0, offset_adu=100.0, read_noise_e=1.0)
    assessor = SessionAssessor(spec, lambda values: noise, around, estimate=estimated)
    frames = np.full((len(fields) or 3, 1, 8, 8), 110, np.uint16)
    found = assessor.assess(Measurement(frames, 1.0, 4095, fields=fields), {})
    assert found.estimate.flags == (("fields_overlap",) if flagged else ())
    assert found.estimate.details.get("fields_overlap_share", 0) == (0.75 if flagged else 0)
    assert found.constraints["flags"] == 0
