"""What no noise model takes."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from hil.errors import InputError
from hil.noise import CameraNoise, GaussianNoise


class Impossible(NamedTuple):
    key: str
    kind: type
    values: tuple[object, ...]


@pytest.mark.parametrize(
    "case",
    [
        Impossible("sigma_adu", GaussianNoise, (0,)),
        Impossible("sigma_adu", GaussianNoise, (-1.0,)),
        Impossible("sigma_adu", GaussianNoise, (math.nan,)),
        Impossible("sigma_adu", GaussianNoise, ("ten",)),
        Impossible("gain_e_per_adu", CameraNoise, (0, 100, 1.6)),
        Impossible("gain_e_per_adu", CameraNoise, (math.inf, 100, 1.6)),
        Impossible("offset_adu", CameraNoise, (1, -1, 1.6)),
        Impossible("offset_adu", CameraNoise, (1, 255, 1.6, 8)),
        Impossible("read_noise_e", CameraNoise, (1, 10, -0.1)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, 0)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, 33)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, 12.5)),
        Impossible("bit_depth", CameraNoise, (1, 10, 1, "12")),
    ],
    ids=lambda case: f"{case.kind.__name__}{case.values}",
)
def test_impossible_values_are_refused_by_name(case: Impossible) -> None:
    with pytest.raises(InputError) as caught:
        case.kind(*case.values)
    assert caught.value.key == case.key
    assert caught.value.where == "noise"
