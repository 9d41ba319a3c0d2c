from __future__ import annotations

from typing import Any

import numpy as np
import torch

from hil.twin.blocks import fit_blocks
from hil.twin.blocks.scoring import BlockFit
from tests.hil.twin.blocks.small_blocks import LOGS, TRIALS, TRUTH, Blur, drawn


def fitted(seed: int, stretch: float = 1.0) -> BlockFit:
    optics: Any = Blur(stretch)
    return fit_blocks(optics, TRIALS, drawn(4, seed))


def test_the_unknown_and_the_spectrum_are_found_without_either_being_said() -> None:
    found = [fitted(seed) for seed in range(6)]
    off = np.array([float(one.values[0]) - TRUTH for one in found])
    sd = np.array([float(one.information[0, 0]) ** 0.5 for one in found])
    assert all(one.converged for one in found)
    assert np.abs(off / sd).max() < 4 and (sd < 0.05).all()
    assert np.abs(off.mean()) < 3 * np.sqrt(np.mean(sd**2) / 6), "and not on one side of it"
    logs = torch.stack([one.logs for one in found]).mean(dim=0)
    assert float((logs - LOGS)[1:5].abs().max()) < 0.5
    assert all(0.9 < ratio < 1.1 for one in found for ratio in (*one.ratios, *one.left_out))


def test_both_ways_to_the_covariance_agree() -> None:
    one = fitted(9)
    assert 0.4 < float(one.scatter[0, 0] / one.information[0, 0]) < 2


def test_a_number_that_is_said_wrong_is_suspected_and_one_that_is_right_is_not() -> None:
    for said in (1.0, 1.5):
        (found,) = fitted(3, said).suspicions
        assert abs(found.off + said - 1) < 3 * found.sd + 0.4 * (said - 1)  # one step of a long way
        assert (abs(found.off) > 5 * found.sd) is (said > 1), (found.off, found.sd)
