"""What settings do to the covariance of a process: its slopes, written out.

u, a, r, D, Q, F : as in `hil.proposer.auto.kernel`; A is a of another point, Q its squared length,
                   F the factor of k
dk/da            : (l + c D) A + (2 b Q + (2 s - c) A^2) a
dk/du            : r dk/da - (5 / length^2) m (1 + t) exp(-t) (u - U) / 3
dK/dx            : 2 F dk/du

A climb to the best point asks for a slope a hundred times for each proposal, at one point, where
the record that torch differentiates by costs more than the sums. Of shares of fields of view and of
earlier sessions slopes are not known here: they count as 0, since nobody searches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from hil.proposer.auto.kernel import TINY, variance

LEAST = 1e-12  # of a variance, standardised


def kernel_and_slopes(own: Mapping[str, Any], x1: Any, x2: Any) -> tuple[Any, Any]:
    """Give the covariance of (m, n_inputs) with (n, n_inputs) points, and its slopes.

    Returns
    -------
    (m, n) and (m, n, n_columns), along the settings of the first ones.
    """
    r, end = own["relevance"], x1.shape[-1] - len(own["doubt"])
    d = len(r)
    u, v = 2 * x1[:, :d] - 1, 2 * x2[:, :d] - 1
    away = u[:, None] - v
    t = torch.sqrt(5 * (away**2).sum(-1) / own["length"] ** 2 + TINY)
    fading = own["matern"] * torch.exp(-t)
    a, b = u * r, v * r
    dot, b2 = a @ b.T, b**2
    pairs, far = a**2 @ b2.T, b2.sum(1)
    found = fading * (1 + t + t**2 / 3) + own["linear"] * dot
    found = found + own["bowl"] * (a**2).sum(1)[:, None] * far
    found = found + own["squares"] * pairs + own["crossed"] * (dot**2 - pairs) / 2
    slopes = (own["linear"] + own["crossed"] * dot)[..., None] * b
    bends = 2 * own["bowl"] * far[:, None] + (2 * own["squares"] - own["crossed"]) * b2
    slopes = r * (slopes + a[:, None] * bends)
    slopes = 2 * (slopes - (5 / (3 * own["length"] ** 2) * fading * (1 + t))[..., None] * away)
    if end == d and not len(own["doubt"]):
        return found + 1.0, slopes
    shared, e1, e2 = x1[:, d:end] @ x2[:, d:end].T, x1[:, end:], x2[:, end:].T
    factor = 1 + own["by_field"] * shared + (e1 * own["doubt"]) @ e2
    whole = found * factor + own["field"] * shared + e1 @ e2 + 1.0
    return whole, slopes * factor[..., None]


def variance_slopes(own: Mapping[str, Any], x: Any) -> Any:
    """Give the slopes of the prior variance at (m, n_inputs) points, (m, n_columns)."""
    r, end = own["relevance"], x.shape[-1] - len(own["doubt"])
    d = len(r)
    a = (2 * x[:, :d] - 1) * r
    q = (a**2).sum(1, keepdim=True)
    slopes = 2 * a * (own["linear"] + (2 * own["bowl"] + own["crossed"]) * q)
    slopes = slopes + (4 * own["squares"] - 2 * own["crossed"]) * a**3
    w, e = (x[:, d:end] ** 2).sum(1, keepdim=True), x[:, end:] ** 2
    factor = 1 + own["by_field"] * w + (e * own["doubt"]).sum(1, keepdim=True)
    return 2 * r * factor * slopes


@dataclass(frozen=True, slots=True)
class Known:
    """What a process knows of n measured points.

    Parameters
    ----------
    own
        Hyperparameters by name.
    x
        (n, n_inputs) points.
    whiten
        (n, n) inverse of the Cholesky factor of the values' covariance.
    white
        (n,) the values, multiplied by it.
    """

    own: Mapping[str, Any]
    x: Any
    whiten: Any
    white: Any


class Marginals(torch.autograd.Function):
    """Mean and standard deviation of a process at (m, n_inputs) points, (m,) each."""

    @staticmethod
    def forward(ctx: Any, x: Any, known: Known) -> tuple[Any, Any]:
        """Give both, and keep their slopes."""
        found, slopes = kernel_and_slopes(known.own, x, known.x)
        shaped = known.whiten @ found.T
        left = variance(known.own, x) - (shaped**2).sum(0)
        sd = left.clamp_min(LEAST).sqrt()
        told = torch.einsum("nm,mnd->md", known.whiten.T @ shaped, slopes)
        free = (left > LEAST)[:, None]
        ctx.slopes = (
            torch.einsum("n,mnd->md", known.whiten.T @ known.white, slopes),
            free * (variance_slopes(known.own, x) / 2 - told) / sd[:, None],
        )
        ctx.n_inputs = x.shape[1]
        return shaped.T @ known.white, sd

    @staticmethod
    def backward(ctx: Any, mean: Any, sd: Any) -> tuple[Any, None]:
        """Carry slopes of what follows back to the points."""
        of_mean, of_sd = ctx.slopes
        return _whole(mean[:, None] * of_mean + sd[:, None] * of_sd, ctx.n_inputs), None


class Covariance(torch.autograd.Function):
    """Covariance of a process at (m, n_inputs) points with (p, n_inputs) others, and its variance.

    Gives (m, p) and (m,).
    """

    @staticmethod
    def forward(ctx: Any, x: Any, known: Known, others: Any, told: Any) -> tuple[Any, Any]:
        """Give both; ``told`` is what the measured points tell of the others, (n, p)."""
        found, slopes = kernel_and_slopes(known.own, x, known.x)
        along, along_slopes = kernel_and_slopes(known.own, x, others)
        shaped = known.whiten @ found.T
        weights, own = known.whiten.T @ told, known.whiten.T @ shaped
        ctx.slopes = (
            along_slopes - torch.einsum("np,mnd->mpd", weights, slopes),
            variance_slopes(known.own, x) - 2 * torch.einsum("nm,mnd->md", own, slopes),
        )
        ctx.n_inputs = x.shape[1]
        return along - shaped.T @ told, variance(known.own, x) - (shaped**2).sum(0)

    @staticmethod
    def backward(ctx: Any, covariance: Any, variance: Any) -> tuple[Any, None, None, None]:
        """Carry slopes of what follows back to the points."""
        along, own = ctx.slopes
        found = torch.einsum("mp,mpd->md", covariance, along) + variance[:, None] * own
        return _whole(found, ctx.n_inputs), None, None, None


def _whole(slopes: Any, n_inputs: int) -> Any:
    return torch.nn.functional.pad(slopes, (0, n_inputs - slopes.shape[1]))
