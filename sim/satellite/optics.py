"""Transfer functions of a push-broom telescope.

D, eps : diameter of the aperture, m, and of the obscuration as a share of it
nu     : spatial frequency as a share of the cut-off D / lambda (cycles per rad)
W20    : defocus, um of wavefront at the rim, focus / (8 F^2) (Goodman 6.4)

    H = H_aperture H_detector H_smear H_jitter

H_aperture is the autocorrelation of the annular pupil exp(2 pi i W20 (rho^2 - rho0^2) / lambda),
computed from samples of it; in focus it is O'Neill's closed form (J. Opt. Soc. Am. 46, 285, 1956).
H_detector = sinc sinc of the pixel, H_smear = sinc along the track of v t, H_jitter a Gaussian.
"""

from __future__ import annotations

from math import pi

import torch

PUPIL = 128
"""Samples across the aperture; its transfer function comes out within 0.003 of the closed form."""


class AnnularPupil:
    """Aperture with a central obscuration.

    Parameters
    ----------
    obscuration
        eps, 0 to below 1.
    """

    def __init__(self, obscuration: float) -> None:
        axis = (torch.arange(PUPIL, dtype=torch.float64) + 0.5) / PUPIL * 2 - 1
        rho2 = axis[:, None] ** 2 + axis[None, :] ** 2
        # rims one sample wide instead of staircases
        rho, step = rho2.sqrt(), 2 / PUPIL
        outer = torch.clamp((1 - rho) / step + 0.5, 0, 1)
        inner = torch.clamp((obscuration - rho) / step + 0.5, 0, 1)
        self._amplitude = outer - inner
        self._rho2 = rho2

    def transfer(self, defocus_waves: torch.Tensor) -> torch.Tensor:
        """H_aperture for each number of waves of W20.

        Returns
        -------
        Tensor
            (n, 2 PUPIL, 2 PUPIL) float64: lag [i, j] is the frequency (i, j) / PUPIL of the
            cut-off, negative ones wrapped.
        """
        phase = 2 * pi * defocus_waves[:, None, None] * self._rho2
        pupil = torch.polar(self._amplitude.expand_as(phase), phase)
        spectrum = torch.fft.fft2(pupil, s=(2 * PUPIL, 2 * PUPIL))
        # the pupil is even, so its autocorrelation is real; of its rim, covered in part, the area
        # counts, but for the light of no frequency, which is all
        lags: torch.Tensor = torch.fft.ifft2(spectrum.abs() ** 2).real / self._amplitude.sum()
        whole = torch.zeros_like(lags[:1])
        whole[:, 0, 0] = 1.0
        return lags * (1 - whole) + whole


def sample_transfer(transfer: torch.Tensor, fy: torch.Tensor, fx: torch.Tensor) -> torch.Tensor:
    """Look transfer functions up between their samples.

    Parameters
    ----------
    transfer
        (n, 2 PUPIL, 2 PUPIL), of `AnnularPupil.transfer`.
    fy, fx
        (n, h) and (n, w): frequencies as shares of each one's cut-off.

    Returns
    -------
    Tensor
        (n, h, w); 0 beyond the cut-off.
    """
    n = transfer.shape[0]
    centred = torch.fft.fftshift(transfer, dim=(1, 2))[:, None]
    # grid_sample's places: -1 and 1 are the outer edges of the first and last sample
    y = ((fy * PUPIL + PUPIL + 0.5) / PUPIL - 1)[:, :, None].expand(n, fy.shape[1], fx.shape[1])
    x = ((fx * PUPIL + PUPIL + 0.5) / PUPIL - 1)[:, None, :].expand(n, fy.shape[1], fx.shape[1])
    places = torch.stack([x, y], dim=-1)
    found = torch.nn.functional.grid_sample(
        centred, places, mode="bilinear", padding_mode="zeros", align_corners=False
    )[:, 0]
    within = fy[:, :, None] ** 2 + fx[:, None, :] ** 2 < 1
    result: torch.Tensor = found * within
    return result


def oneill(nu: torch.Tensor, eps: float) -> torch.Tensor:
    """Transfer function of an annular aperture in focus (O'Neill 1956, in closed form).

    Parameters
    ----------
    nu
        Frequency as a share of the cut-off.
    eps
        Obscuration.
    """

    def overlap(r1: float, r2: float) -> torch.Tensor:
        """Area shared by circles of radii r1 and r2 whose centres are 2 nu apart."""
        d = 2 * nu
        apart, inside = d >= r1 + r2, d <= abs(r1 - r2)
        safe = torch.where(apart | inside, torch.full_like(d, r1 + r2 - 1e-9), d)
        a1 = torch.arccos(torch.clamp((safe**2 + r1**2 - r2**2) / (2 * safe * r1), -1, 1))
        a2 = torch.arccos(torch.clamp((safe**2 + r2**2 - r1**2) / (2 * safe * r2), -1, 1))
        heron = (-safe + r1 + r2) * (safe + r1 - r2) * (safe - r1 + r2) * (safe + r1 + r2)
        lens = r1**2 * a1 + r2**2 * a2 - 0.5 * torch.sqrt(torch.clamp(heron, min=0))
        whole = torch.full_like(d, pi * min(r1, r2) ** 2)
        return torch.where(apart, torch.zeros_like(d), torch.where(inside, whole, lens))

    if eps == 0:
        return overlap(1.0, 1.0) / pi
    return (overlap(1.0, 1.0) - 2 * overlap(1.0, eps) + overlap(eps, eps)) / (pi * (1 - eps**2))
