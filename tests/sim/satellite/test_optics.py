"""Transfer functions of the telescope against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sim.satellite.optics import PUPIL, AnnularPupil, oneill, sample_transfer

WIDE = torch.float64


@pytest.mark.parametrize("eps", [0.0, 0.2, 0.35, 0.6])
def test_the_annular_aperture_in_focus_is_oneills(eps: float) -> None:
    lags = AnnularPupil(eps).transfer(torch.zeros(1, dtype=WIDE))[0, 0, :PUPIL]
    nu = torch.arange(PUPIL, dtype=WIDE) / PUPIL
    torch.testing.assert_close(lags, oneill(nu, eps), atol=4e-3, rtol=0)
    if eps == 0:  # Goodman 6.4, the full circle
        expected = 2 / np.pi * (torch.arccos(nu) - nu * torch.sqrt(1 - nu**2))
        torch.testing.assert_close(oneill(nu, 0.0), expected, atol=1e-6, rtol=0)


def test_defocus_costs_contrast_everywhere_and_reverses_it_when_strong() -> None:
    lags = AnnularPupil(0.0).transfer(torch.tensor([0.0, 0.25, 1.0], dtype=WIDE))[:, 0, :PUPIL]
    assert (lags[1, 1:] <= lags[0, 1:] + 1e-9).all()
    assert float(lags[2].min()) < -0.02


def test_nothing_passes_beyond_the_cut_off() -> None:
    transfer = AnnularPupil(0.3).transfer(torch.zeros(1, dtype=WIDE))
    beyond = torch.tensor([[0.0, 0.8, 1.1, 5.0]], dtype=WIDE)
    found = sample_transfer(transfer, beyond, torch.tensor([[0.7]], dtype=WIDE))
    assert found[0, 0, 0] > 0.05
    assert (found[0, 1:] == 0).all()
