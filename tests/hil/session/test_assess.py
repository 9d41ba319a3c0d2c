"""From a rig file to the noise model of its camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.calibration.rig_noise import noise_model
from hil.errors import InputError
from hil.spec import load_rig_file

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
