"""The command line's ``--noise``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import pytest

from hil.errors import InputError
from hil.noise import parse_noise
from hil.noise.from_spec import noise_specs
from hil.spec.noise import NoiseSpec


def test_every_kind_that_a_file_may_name_has_a_model() -> None:
    union, _ = get_args(NoiseSpec)
    assert set(noise_specs().values()) == set(get_args(union))


def test_a_map_of_widths_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("sigma.npy", np.linspace(2, 3, 20).reshape(4, 5))
    np.save("negative.npy", np.full((4, 5), -1.0))
    np.save("stack.npy", np.ones((2, 4, 5)))
    assert repr(parse_noise("gaussian:sigma_file=sigma.npy")) == (
        "GaussianMapNoise(sigma_adu 4 x 5, 2 to 3)"
    )
    with pytest.raises(InputError, match=r"--noise: sigma_file: negative.npy: .*not above 0"):
        parse_noise("gaussian:sigma_file=negative.npy")
    with pytest.raises(InputError, match=r"--noise: sigma_file: stack.npy: .*shape \(2, 4, 5\)"):
        parse_noise("gaussian:sigma_file=stack.npy")


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("gaussian:sigma_adu=10", "GaussianNoise(sigma_adu=10)"),
        ("poisson", "PoissonNoise()"),
        (
            "camera:gain_e_per_adu=0.5,offset_adu=100,read_noise_e=1.6,bit_depth=12",
            "CameraNoise(gain_e_per_adu=0.5, offset_adu=100, read_noise_e=1.6, bit_depth=12)",
        ),
        (
            " camera: read_noise_e = 2 , offset_adu=1e2, gain_e_per_adu=1 ",
            "CameraNoise(gain_e_per_adu=1, offset_adu=100, read_noise_e=2, bit_depth=16)",
        ),
        (
            "xray:adu_per_photon=40,offset_adu=200,electronic_noise_adu=15",
            "XrayNoise(adu_per_photon=40, offset_adu=200, electronic_noise_adu=15, bit_depth=16)",
        ),
    ],
)
def test_models_are_built(text: str, model: str) -> None:
    assert repr(parse_noise(text)) == model


class Bad(NamedTuple):
    text: str
    key: str
    words: str


@pytest.mark.parametrize(
    "bad",
    [
        Bad("", "", "allowed: camera, dual_gain, emccd, gaussian, poisson, xray"),
        Bad("gausian:sigma_adu=1", "", "did you mean 'gaussian'?"),
        Bad("gaussian", "", "either sigma_adu, a number, or sigma_file, a file"),
        Bad("gaussian:sigma_adu=1,sigma_file=a.npy", "", "either sigma_adu"),
        Bad("gaussian:sigma_file=none.npy", "sigma_file", "none.npy: no such file"),
        Bad("gaussian:sigma_adu", "sigma_adu", "needs a value"),
        Bad("gaussian:sigma_adu=ten", "sigma_adu", "'ten' is wrong"),
        Bad("gaussian:sigma_adu=-1", "sigma_adu", "greater than 0"),
        Bad("gaussian:sigma_adu=nan", "sigma_adu", "finite"),
        Bad("gaussian:sigma_adu=1,sigma_adu=2", "sigma_adu", "twice"),
        Bad("gaussian:sigma=1", "sigma", "did you mean 'sigma_adu'?"),
        Bad("poisson:gain=1", "gain", "takes no parameters"),
        Bad("camera:gain_e_per_adu=1,offset_adu=0", "read_noise_e", "camera needs"),
        Bad(
            "camera:gain_e_per_adu=1,offset_adu=0,read_noise_e=1,bit_depth=8.5",
            "bit_depth",
            "valid integer",
        ),
        Bad(
            "camera:gain_e_per_adu=1,offset_adu=300,read_noise_e=1,bit_depth=8",
            "offset_adu",
            "less than 255",
        ),
        Bad("calibration:3f2a", "calibration", "lies in a database"),
    ],
    ids=lambda bad: bad.text or "empty",
)
def test_errors_name_the_key(bad: Bad) -> None:
    with pytest.raises(InputError) as caught:
        parse_noise(bad.text)
    assert (caught.value.where, caught.value.key) == ("--noise", bad.key)
    assert bad.words in caught.value.problem
