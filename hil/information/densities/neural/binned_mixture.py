"""Mixtures of normals on one pixel's residual: probability of a bin, or density at a point.

z        : the residual; a discrete value fills the bin (z - below, z + above)
a, b     : ends of the bin, standardised by one component's mean and scale
pi, mu, s: weights, means and scales of the components

Discrete: P = sum_k pi_k [Phi(b_k) - Phi(a_k)] (Salimans et al. 2017, with normals for logistics:
sensors' noise is normal, and a single component then is the Gaussian start exactly). The bins of
the lowest and the highest value reach to infinity: clipped pixels are atoms, and the probabilities
sum to 1 over all values there are.
"""

from __future__ import annotations

import math

import torch

Tensor = torch.Tensor

_NARROW = 0.05  # bins of fewer standard deviations are integrated by series
_STEEP = 1e3  # squared standard deviations from the mean, beyond which the series is cut
_BEYOND = 50.0  # standard deviations from one end of a bin to where nothing is left
_LEAST = 1e-6  # single precision tells ratios of probabilities no nearer to 1
FAR = 1e6  # residuals: an end that no bin reaches, finite so that gradients are
_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


def log_density(z: Tensor, log_pi: Tensor, mu: Tensor, s: Tensor) -> Tensor:
    """Give log f(z).

    Parameters
    ----------
    z
        (N,) residuals.
    log_pi, mu, s
        (K, N) components, log weights normalised.

    Returns
    -------
    tensor (N,), nats.
    """
    u = (z - mu) / s
    return torch.logsumexp(log_pi - 0.5 * u * u - torch.log(s), dim=0) - _LOG_ROOT_2PI


def log_probability(
    z: Tensor, below: Tensor, above: Tensor, log_pi: Tensor, mu: Tensor, s: Tensor
) -> Tensor:
    """Give log P(z - below < Z < z + above).

    Parameters
    ----------
    z, below, above
        (N,); `FAR` where the bin has no end.
    log_pi, mu, s
        (K, N) components, log weights normalised.

    Returns
    -------
    tensor (N,), nats.
    """
    return torch.logsumexp(log_pi + _log_bin((z - below - mu) / s, (z + above - mu) / s), dim=0)


def _log_bin(a: Tensor, b: Tensor) -> Tensor:
    """Give log [Phi(b) - Phi(a)], b > a, without cancellation in a tail."""
    narrow = (b - a) < _NARROW
    if bool(narrow.all()):
        return _log_narrow(a, b)
    # the upper tail is computed as the lower one: Phi(b) - Phi(a) = Phi(-a) - Phi(-b)
    flip = a + b > 0
    # bins that the series takes are made harmless here, or their gradients would be NaN
    low = torch.where(narrow, -torch.ones_like(a), torch.where(flip, -b, a))
    high = torch.where(narrow, torch.ones_like(b), torch.where(flip, -a, b))
    # farther ends add nothing, and the gradient of log_ndtr is NaN beyond -1e5
    low = torch.maximum(low, high - _BEYOND)
    log_high = torch.special.log_ndtr(high)
    log_ratio = (torch.special.log_ndtr(low) - log_high).clamp(max=-_LEAST)
    wide: Tensor = log_high + torch.log1p(-torch.exp(log_ratio))
    if not bool(narrow.any()):
        return wide
    start = torch.where(narrow, a, torch.zeros_like(a))
    end = torch.where(narrow, b, torch.full_like(b, _NARROW))
    both: Tensor = torch.where(narrow, _log_narrow(start, end), wide)
    return both


def _log_narrow(a: Tensor, b: Tensor) -> Tensor:
    """Give log of phi at the middle times the width, with curvature; the error is O(width^4)."""
    width, u = b - a, (a + b) / 2
    curvature = (u * u - 1).clamp(max=_STEEP) * (width * width / 24)
    return torch.log(width) - 0.5 * u * u - _LOG_ROOT_2PI + torch.log1p(curvature)
