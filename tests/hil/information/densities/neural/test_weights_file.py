"""Files of weights: what holds none, or runs code, is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hil.errors import InputError
from hil.information.estimators.pixelcnn import PixelCNN
from hil.information.sample.sample import Sample
from tests.hil.information.densities.neural.tiny import SHORT, TINY, sample_of, template_frames


def test_weights_of_other_patches_are_refused(tmp_path: Path) -> None:
    frames, _ = template_frames(200, 9)
    network = PixelCNN(TINY, replace(SHORT, steps=2), keep_warm=True)
    with pytest.raises(InputError, match="nothing to save"):
        network.save(tmp_path / "none.pt")
    network.cross_entropy(sample_of(frames))
    with pytest.raises(InputError, match="of 5 folds of patches of 4 pixels"):
        network.cross_entropy(Sample(frames[:3, None], 2, 0.0, 100.0, False))


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut short"])
def test_files_that_hold_no_weights_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="does not hold weights"):
        PixelCNN().load(path)
    with pytest.raises(InputError, match="No such file"):
        PixelCNN().load(tmp_path / "gone.pt")


def test_weights_that_run_code_are_refused(tmp_path: Path) -> None:
    torch.save({"format": Path("x")}, tmp_path / "weights.pt")
    with pytest.raises(InputError, match="does not hold weights"):
        PixelCNN().load(tmp_path / "weights.pt")
