"""The command line's ``--noise``."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from hil.errors import InputError
from hil.noise import parse_noise


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
        Bad("", "", "allowed: camera, gaussian, poisson"),
        Bad("gausian:sigma_adu=1", "", "did you mean 'gaussian'?"),
        Bad("gaussian", "sigma_adu", "missing"),
        Bad("gaussian:sigma_adu", "sigma_adu", "needs a value"),
        Bad("gaussian:sigma_adu=ten", "sigma_adu", "'ten' is not a number"),
        Bad("gaussian:sigma_adu=-1", "sigma_adu", "impossible"),
        Bad("gaussian:sigma_adu=nan", "sigma_adu", "impossible"),
        Bad("gaussian:sigma_adu=1,sigma_adu=2", "sigma_adu", "twice"),
        Bad("gaussian:sigma=1", "sigma", "did you mean 'sigma_adu'?"),
        Bad("poisson:gain=1", "gain", "takes no parameters"),
        Bad("camera:gain_e_per_adu=1,offset_adu=0", "read_noise_e", "camera needs"),
        Bad(
            "camera:gain_e_per_adu=1,offset_adu=0,read_noise_e=1,bit_depth=8.5",
            "bit_depth",
            "not an integer",
        ),
        Bad("calibration:3f2a", "calibration", "hil calibrate"),
    ],
    ids=lambda bad: bad.text or "empty",
)
def test_errors_name_the_key(bad: Bad) -> None:
    with pytest.raises(InputError) as caught:
        parse_noise(bad.text)
    assert (caught.value.where, caught.value.key) == ("--noise", bad.key)
    assert bad.words in caught.value.problem
