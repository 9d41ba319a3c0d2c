from __future__ import annotations

import torch

from hil.twin.blocks.cut import cut_frames, side_of
from hil.twin.data import TrialData


def test_blocks_hold_the_same_ground_in_all_trials_and_clipped_ones_go() -> None:
    y = torch.arange(2 * 6 * 7, dtype=torch.float32).reshape(2, 6, 7)
    usable = torch.ones_like(y, dtype=torch.bool)
    usable[1, 0, 4] = False
    trials = [TrialData(y, usable, 4.0, 2.0, 2), TrialData(y + 100, usable | True, 1.0, 0.0, 1)]
    cut = cut_frames(trials, 3)
    assert cut.y.shape == (7, 2, 9) and cut.number.tolist() == [0, 1, 2, 3, 4, 6, 7]
    torch.testing.assert_close(cut.y[0, 0], y[0, :3, :3].flatten().double())
    torch.testing.assert_close(cut.y[5, 1], y[1, 3:, :3].flatten().double() + 100)
    noise = (cut.floor + cut.shot)[0].item()
    torch.testing.assert_close(noise, 0.5 * (4 + 2 * float(y.mean())))
    assert cut.slope.tolist() == [1.0, 0.0] and cut.e_per_adu.tolist() == [1.0, 1.0]


def test_blocks_are_as_large_as_matrices_allow_and_frames_hold_several() -> None:
    assert side_of(3, (96, 96)) == 16
    assert side_of(8, (96, 96)) == 10
    assert side_of(4, (32, 48)) == 10
