"""How alike two settings are, by the hyperparameters; and the slopes of their posterior.

u      : (n, d) settings from -1 to 1; w their fields' shares; a = r u with r an axis's relevance
D      : a.a'    S : sum_i a_i^2 a'_i^2    q : |a|^2    t : sqrt(5) |u - u'| / length
k      : l D + b q q' + s S + c (D^2 - S) / 2 + m (1 + t + t^2 / 3) exp(-t)
e      : which earlier session a trial is of, one column each; all 0 for this one's own
K      : k (1 + g w.w' + sum_j v_j e_j e'_j) + f w.w' + e.e' + 1 + noise on the diagonal; the 1 is a
         constant of unknown height, f how far fields' levels differ and g how far what settings do
         differs between them, e.e' an earlier session's own, v_j how far its landscape is another
P      : negative logarithm of the posterior of the hyperparameters, up to a constant
G      : dP/dK = (inverse of K - alpha alpha') / 2, alpha = (inverse of K) z

A slope is the sum of G times dK. Of an axis's relevance it is a quadratic form in that axis's
column, so that all slopes together cost little more than the inverse (Rasmussen and Williams 2006,
equation 5.9).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from drivers.types import Floats

# Names of the hyperparameters, in the order of their vector; all are logarithms there.
NAMES = (
    "linear",
    "bowl",
    "squares",
    "crossed",
    "matern",
    "length",
    "field",
    "by_field",
    "noise",
    "doubt",  # one for each earlier session
    "relevance",  # one for each axis
)
_N_SCALARS = len(NAMES) - 2
JITTER = 1e-8
_MORE_JITTER = 1e-4  # where rounding has taken the covariance's definiteness
TINY = 1e-12


def named(theta: Any, n_sessions: int = 0) -> dict[str, Any]:
    """Hyperparameters by name, from the vector of their logarithms."""
    values = torch.exp(theta)
    found = dict(zip(NAMES, values[:_N_SCALARS], strict=False))
    found["doubt"] = values[_N_SCALARS : _N_SCALARS + n_sessions]
    found["relevance"] = values[_N_SCALARS + n_sessions :]
    return found


def kernel(own: Mapping[str, Any], x1: Any, x2: Any) -> Any:
    """Covariance of (..., n, n_inputs) with (..., m, n_inputs) points, (..., n, m).

    The inputs of a point are its columns, shares of fields, and earlier sessions.
    """
    d, n_sessions = len(own["relevance"]), len(own["doubt"])
    end = x1.shape[-1] - n_sessions
    a, b = 2 * x1[..., :d] - 1, 2 * x2[..., :d] - 1
    apart = (a**2).sum(-1)[..., :, None] + (b**2).sum(-1)[..., None, :]
    squared = (apart - 2 * a @ b.transpose(-1, -2)).clamp_min(0)
    t = torch.sqrt(5 * squared / own["length"] ** 2 + TINY)
    found = own["matern"] * (1 + t + t**2 / 3) * torch.exp(-t)
    a, b = a * own["relevance"], b * own["relevance"]
    dot, squares = a @ b.transpose(-1, -2), a**2 @ (b**2).transpose(-1, -2)
    bowl = (a**2).sum(-1)[..., :, None] * (b**2).sum(-1)[..., None, :]
    found = found + own["linear"] * dot + own["bowl"] * bowl
    found = found + own["squares"] * squares + own["crossed"] * (dot**2 - squares) / 2
    if end == d and not n_sessions:
        return found + 1.0
    shared = x1[..., d:end] @ x2[..., d:end].transpose(-1, -2)
    e1, e2 = x1[..., end:], x2[..., end:].transpose(-1, -2)
    found = found * (1 + own["by_field"] * shared + (e1 * own["doubt"]) @ e2)
    return found + own["field"] * shared + e1 @ e2 + 1.0


def variance(own: Mapping[str, Any], x: Any) -> Any:
    """Prior variance at (..., n_inputs) points, (...,): the diagonal of `kernel`."""
    d, n_sessions = len(own["relevance"]), len(own["doubt"])
    end = x.shape[-1] - n_sessions
    squares = ((2 * x[..., :d] - 1) * own["relevance"]) ** 2
    q, fourth = squares.sum(-1), (squares**2).sum(-1)
    found = own["linear"] * q + own["bowl"] * q**2 + own["matern"]
    found = found + own["squares"] * fourth + own["crossed"] * (q**2 - fourth) / 2
    w, e = (x[..., d:end] ** 2).sum(-1), x[..., end:] ** 2
    found = found * (1 + own["by_field"] * w + (e * own["doubt"]).sum(-1))
    return found + own["field"] * w + e.sum(-1) + 1.0


def factor(own: Mapping[str, Any], x: Any, relative: Any) -> Any:
    """Cholesky factor of the covariance of what was measured."""
    covariance = kernel(own, x, x)
    covariance.diagonal().add_(own["noise"] * relative + JITTER)
    found, wrong = torch.linalg.cholesky_ex(covariance)
    if wrong:
        covariance.diagonal().add_(_MORE_JITTER)
        found = torch.linalg.cholesky(covariance)
    return found


@dataclass(frozen=True, slots=True)
class Posterior:
    """Of the hyperparameters, given what was measured and their prior.

    Parameters
    ----------
    x, z, relative
        (n, n_inputs) points, (n,) values, (n,) relative variances of their noise.
    prior_mean, prior_sd
        Of each hyperparameter's logarithm.
    n_sessions
        How many of the inputs, the last ones, tell earlier sessions.
    """

    x: Any
    z: Any
    relative: Any
    prior_mean: Any
    prior_sd: Any
    n_sessions: int = 0

    def downhill(self, inner: Floats) -> tuple[float, Floats]:
        """Give P and its slopes at a vector of hyperparameters."""
        with torch.no_grad():
            theta = torch.as_tensor(inner, dtype=torch.double)
            own = named(theta, self.n_sessions)
            chol = factor(own, self.x, self.relative)
            inverse = torch.cholesky_inverse(chol)
            alpha = inverse @ self.z
            away = (theta - self.prior_mean) / self.prior_sd
            loss = 0.5 * self.z @ alpha + chol.diagonal().log().sum() + 0.5 * away @ away
            g = (inverse - torch.outer(alpha, alpha)) / 2
            return float(loss), (self._slopes(own, g) + away / self.prior_sd).numpy()

    def _slopes(self, own: Mapping[str, Any], g: Any) -> Any:
        d, end = len(own["relevance"]), self.x.shape[1] - self.n_sessions
        u, w, e = 2 * self.x[:, :d] - 1, self.x[:, d:end], self.x[:, end:]
        shared = w @ w.T
        whole, g = g, g * (1 + own["by_field"] * shared + (e * own["doubt"]) @ e.T)
        # g is of k alone, from here on
        t = torch.cdist(u, u, compute_mode="donot_use_mm_for_euclid_dist")
        t = t * (math.sqrt(5) / own["length"])
        fading = own["matern"] * torch.exp(-t)
        matern = fading * (1 + t + t**2 / 3)
        a = u * own["relevance"]
        squares = a**2
        q = squares.sum(1)
        dot = a @ a.T
        ga, gs, gq = g @ a, g @ squares, g @ q
        gdot = g * dot
        sum_squares = (squares * gs).sum()
        scalars = {
            "linear": own["linear"] * (a * ga).sum(),
            "bowl": own["bowl"] * (q @ gq),
            "squares": own["squares"] * sum_squares,
            "crossed": own["crossed"] / 2 * ((gdot * dot).sum() - sum_squares),
            "matern": (g * matern).sum(),
            "length": (g * fading * t**2 * (1 + t) / 3).sum(),
            "field": own["field"] * (w * (whole @ w)).sum(),
            "by_field": torch.zeros((), dtype=torch.double),
            "noise": own["noise"] * (whole.diagonal() @ self.relative),
        }
        relevance = (
            2 * own["linear"] * (a * ga).sum(0)
            + 4 * own["bowl"] * (squares.T @ gq)
            + (4 * own["squares"] - 2 * own["crossed"]) * (squares * gs).sum(0)
            + 2 * own["crossed"] * (a * (gdot @ a)).sum(0)
        )
        doubt = own["doubt"]
        if w.shape[1] or self.n_sessions:
            k = own["linear"] * dot + own["bowl"] * torch.outer(q, q) + matern
            pairs = squares @ squares.T
            k = k + own["squares"] * pairs + own["crossed"] * (dot**2 - pairs) / 2
            k = whole * k
            scalars["by_field"] = own["by_field"] * (k * shared).sum()
            doubt = doubt * (e * (k @ e)).sum(0)
        alone = torch.stack([scalars[name] for name in NAMES[:_N_SCALARS]])
        return torch.cat([alone, doubt, relevance])
