"""Sharpness of lens and slit by their closed forms."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from sim.hyperspectral.optics import lens, transfer


def test_the_lens_is_the_autocorrelation_of_its_pupil() -> None:
    side = 512
    y, x = np.mgrid[:side, :side] - side / 2
    pupil = (np.hypot(y, x) < side / 4).astype(float)
    lags = np.fft.irfft2(np.abs(np.fft.rfft2(pupil)) ** 2, s=(side, side))[0] / pupil.sum()
    v = torch.arange(0, side // 2 + 1, dtype=torch.float64) / (side / 2)
    np.testing.assert_allclose(lens(v).numpy(), lags[: side // 2 + 1], atol=5e-3)


def test_a_slit_is_a_moving_average() -> None:
    """Against scipy: a slit of five samples averages five samples along the scan alone."""
    rng = np.random.default_rng(0)
    scene = ndimage.gaussian_filter(rng.random((64, 64)), 2.0, mode="wrap")
    fy, fx = torch.fft.fftfreq(64, 4.0), torch.fft.rfftfreq(64, 4.0)
    fy, fx = fy.double(), fx.double()
    slit = torch.tensor(20.0, dtype=torch.float64)
    h = transfer(fy, fx, torch.tensor([1e-9], dtype=torch.float64), 1.0, 1e-9, slit)[0]
    found = torch.fft.irfft2(torch.fft.rfft2(torch.from_numpy(scene)) * h, s=(64, 64)).numpy()
    # five samples, as an integral over their width
    fine = ndimage.zoom(np.tile(scene, (1, 3)), (1, 9), order=3, mode="grid-wrap", grid_mode=True)
    averaged = ndimage.uniform_filter1d(fine, 45, axis=1, mode="wrap")[:, 64 * 9 + 4 : 128 * 9 : 9]
    np.testing.assert_allclose(found, averaged, atol=1e-4)
