"""From a file's table to the model with the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.errors import InputError
from hil.noise import CameraNoise, EmccdNoise, GaussianMapNoise
from hil.noise.from_spec import build_noise, noise_specs
from hil.spec.noise import CameraNoiseSpec, EmccdNoiseSpec, GaussianNoiseSpec


def test_numbers_arrive_under_their_names(tmp_path: Path) -> None:
    spec = CameraNoiseSpec(kind="camera", gain_e_per_adu=0.5, offset_adu=99, read_noise_e=1.6)
    camera = build_noise(spec, tmp_path)
    assert isinstance(camera, CameraNoise)
    assert repr(camera) == repr(CameraNoise(0.5, 99, 1.6, 16))
    emccd = EmccdNoiseSpec(
        kind="emccd", gain_e_per_adu=20, offset_adu=100, read_noise_e=40, em_gain=300
    )
    assert repr(build_noise(emccd, tmp_path)) == repr(EmccdNoise(20, 100, 40, 300))


def test_a_map_is_looked_for_beside_the_file_that_names_it(tmp_path: Path) -> None:
    np.save(tmp_path / "sigma.npy", np.full((3, 4), 2.0))
    spec = GaussianNoiseSpec(kind="gaussian", sigma_file="sigma.npy")
    built = build_noise(spec, tmp_path)
    assert isinstance(built, GaussianMapNoise)
    assert built.sigma_adu.shape == (3, 4)
    with pytest.raises(InputError, match="sigma_file"):
        build_noise(GaussianNoiseSpec(kind="gaussian", sigma_file="none.npy"), tmp_path)


def test_every_kind_is_known_by_the_name_that_files_use() -> None:
    assert set(noise_specs()) == {
        "gaussian",
        "poisson",
        "camera",
        "dual_gain",
        "emccd",
        "xray",
    }
