"""The variance-stabilising map, against frames drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.errors import InputError
from hil.information.torch.signal import signal
from hil.noise import CameraNoise, PoissonNoise


@pytest.mark.parametrize("electrons", [20.0, 60.0, 500.0])
def test_its_noise_is_that_of_mapped_frames(electrons: float) -> None:
    noise = CameraNoise(0.5, 100, 1.6)
    found = signal(torch.full((1, 1, 1), electrons, dtype=torch.float64), noise, True)
    adu = noise.sample(np.full(200_000, electrons), np.random.default_rng(0))
    own = 1.6**2 + 0.5**2 / 12
    mapped = 2 * np.sqrt(np.maximum((adu - 100.0) * 0.5 + own + 3 / 8, 0))
    assert mapped.var() == pytest.approx(float(found.variance), rel=0.12)
    assert mapped.mean() == pytest.approx(float(found.values), rel=0.05)


def test_without_it_the_noise_is_the_cameras() -> None:
    found = signal(torch.tensor([[[40.0]]]), CameraNoise(0.5, 100, 1.6), False)
    assert float(found.variance) == pytest.approx(40 + 1.6**2 + 0.25 / 12)
    counts = signal(torch.tensor([[[9.0]]]), PoissonNoise(), True)
    assert float(counts.values) == pytest.approx(2 * np.sqrt(9.375))


def test_another_noise_is_refused() -> None:
    with pytest.raises(InputError, match="allowed: CameraNoise"):
        signal(torch.ones(1, 1, 1), object(), True)  # type: ignore[arg-type]
