"""Transmission of the tunable filter behind the slit.

c, w : centre and full width at half maximum of a band, nm
D, s : dispersion, nm/um, and width of the slit, um

``gaussian``  T0(l) = exp(-4 ln 2 (l - c)^2 / w^2)
``lyot``      T0(l) = prod_k cos^2(2^k phi), k = 0 ... 5: six retarders, each twice as thick as the
              one before, between polarisers (Lyot 1944; Evans, J. Opt. Soc. Am. 39, 229, 1949);
              phi = 2 u c (l - c) / (l w) and u = 1.3915 / 64, so that w is the width near c;
              polarisers pass half of unpolarised light

The spectrum lies on the filter's plane as an image of the slit at each wavelength, so what passes
is an average over the slit's own width in wavelength:

    T(l) = (1 / (D s)) int T0(l + x) dx,  |x| < D s / 2
"""

from __future__ import annotations

from math import log

import numpy as np
import torch

SHAPES = ("gaussian", "lyot")
_STAGES = 6
_HALF = 1.391557  # [sin x / x]^2 = 1/2, which the product tends to
_NODES = 32  # enough for an image of the slit eight times as wide as the band


def passband(
    shape: str,
    l_nm: torch.Tensor,
    centre_nm: torch.Tensor,
    width_nm: torch.Tensor,
    slit_nm: torch.Tensor,
) -> torch.Tensor:
    """T(l), (bands, n); differentiable by all but `shape`.

    Parameters
    ----------
    shape
        One of `SHAPES`.
    l_nm
        (n,) wavelengths.
    centre_nm, width_nm
        (bands,) each.
    slit_nm
        D s, 0-d.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x = slit_nm / 2 * torch.from_numpy(nodes)
    l = l_nm[None, :, None] + x  # noqa: E741
    c, w = centre_nm[:, None, None], width_nm[:, None, None]
    alone = _gaussian(l, c, w) if shape == "gaussian" else _lyot(l, c, w)
    return alone @ torch.from_numpy(weights / 2)


def half_width_nm(l_nm: torch.Tensor, transmission: torch.Tensor) -> torch.Tensor:
    """Full width at half maximum of each row, (bands,), between samples linearly."""
    half = transmission.amax(dim=1, keepdim=True) / 2
    step = l_nm[1] - l_nm[0]
    # the length over which the curve, made of straight pieces, lies above half
    a, b = transmission[:, :-1] - half, transmission[:, 1:] - half
    top = torch.maximum(a, b)
    share = torch.clamp(top / torch.clamp((a - b).abs(), min=1e-300), 0, 1)
    return step * torch.where(torch.minimum(a, b) >= 0, torch.ones_like(a), share).sum(dim=1)


def _gaussian(l: torch.Tensor, c: torch.Tensor, w: torch.Tensor) -> torch.Tensor:  # noqa: E741
    return torch.exp(-4 * log(2) * ((l - c) / w) ** 2)


def _lyot(l: torch.Tensor, c: torch.Tensor, w: torch.Tensor) -> torch.Tensor:  # noqa: E741
    phi = 2 * _HALF / 2**_STAGES * c * (l - c) / (l * w)
    product = 0.5 * torch.cos(phi) ** 2
    for k in range(1, _STAGES):
        product = product * torch.cos(2**k * phi) ** 2
    return product
