"""Sharpness of a slit scanner: transfer functions along the scan (x) and along the slit (y).

p, s : pixel and slit, um          N : f-number          l : wavelength, um

    H(fy, fx) = H_lens(|f|) sinc(fy p) sinc(fx s)

H_lens is a round lens free of aberrations, (2 / pi) (arccos v - v sqrt(1 - v^2)), v = |f| l N, 0
from v = 1 on (Goodman, Introduction to Fourier Optics, 6.3). Lines are taken a pixel apart whatever
the slit: a narrower one leaves gaps, a wider one overlaps.
"""

from __future__ import annotations

from math import pi

import torch


def lens(v: torch.Tensor) -> torch.Tensor:
    """H_lens of frequencies as shares of the cut-off."""
    within = torch.clamp(v, max=1 - 1e-12)  # where the slope is finite
    overlap = torch.arccos(within) - within * torch.sqrt(1 - within**2)
    return torch.where(v < 1, 2 / pi * overlap, torch.zeros_like(v))


def transfer(
    fy: torch.Tensor,
    fx: torch.Tensor,
    l_um: torch.Tensor,
    f_number: float,
    pixel_um: float,
    slit_um: torch.Tensor,
) -> torch.Tensor:
    """H at each wavelength.

    Parameters
    ----------
    fy, fx
        (h,) and (w,) frequencies, cycles/um.
    l_um
        (bands,).
    f_number, pixel_um, slit_um
        N, p, s.

    Returns
    -------
    Tensor
        (bands, h, w).
    """
    f = torch.hypot(fy[:, None], fx[None, :])
    boxes = torch.sinc(fy * pixel_um)[:, None] * torch.sinc(fx * slit_um)[None, :]
    return lens(f * (l_um * f_number)[:, None, None]) * boxes
