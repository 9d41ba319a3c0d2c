"""What whole frames tell, by their directions and by the kinds that they are of."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.low_rank.frames import noise_units
from hil.information.densities.low_rank.whole_frames import frame_information, only_patches
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.information.sample.sample import Sample
from hil.noise import GaussianNoise

SIDE, N = 16, 150
NOISE = GaussianNoise(3.0)


def sample(scene: np.ndarray, repeats: int = 2) -> Sample:
    """Frames of scenes (n, SIDE SIDE) in units of the noise."""
    rng = np.random.default_rng(0)
    values = 3 * (scene[:, None] + rng.standard_normal((len(scene), repeats, SIDE**2)))
    frames = 100 + values.reshape(len(scene), repeats, SIDE, SIDE)
    return choose_sample(take_in(frames, NOISE, SIDE, None), SIDE, 0)


def test_each_repeat_tells_what_two_directions_do() -> None:
    rng = np.random.default_rng(1)
    along = np.linalg.qr(rng.standard_normal((SIDE**2, 2)))[0]
    seen = sample((rng.standard_normal((N, 2)) * [20.0, 6.0]) @ along.T)
    found = frame_information(seen, noise_units(seen))
    truth = 0.5 * math.log(401) + 0.5 * math.log(37)
    assert [one.directions for one in found] == [2, 2]
    assert [one.information for one in found] == pytest.approx([truth] * 2, abs=0.3)
    assert all(one.held_out.shape == (N,) for one in found)


def test_kinds_take_off_what_directions_would_tell_of_them() -> None:
    rng = np.random.default_rng(2)
    templates = rng.standard_normal((5, SIDE**2))
    seen = sample(templates[rng.integers(5, size=N)], 1)
    (found,) = frame_information(seen, noise_units(seen))
    assert found.information == pytest.approx(math.log(5), abs=0.3)
    assert found.of_kinds > 1.0


@pytest.mark.parametrize(("n", "said"), [(19, "19 fields of view; 20 are needed"), (20, "")])
def test_a_frame_is_one_scene(n: int, said: str) -> None:
    assert only_patches(sample(np.zeros((n, SIDE**2)))).startswith(said)
