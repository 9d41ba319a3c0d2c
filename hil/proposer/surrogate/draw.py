"""One function drawn from a Gaussian process that was fitted: what the truth might look like.

f(x)   : phi(x).w, a function of the prior; w has the variances of the kernel's terms
phi(x) : 1, u, |u|^2, u_i^2, u_i u_j, random Fourier features of the Matern term, and shares of the
         fields of view, by themselves and times all the others but 1
f|z(x) : f(x) + k(x, X) (K + N)^-1 (z - f(X) - e), e with the noise N of the trials

The last line turns a function of the prior into one of the posterior, exactly (Wilson et al.,
"Efficiently sampling functions from Gaussian process posteriors", ICML 2020); only the Matern term
is approximate, by as many waves. The hyperparameters are drawn too, from the Laplace approximation
of their posterior: with few trials they are most of what is not known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from hil.proposer.auto.process import Process

_WAVES = 512
_DEGREES = 5  # of freedom of the spectral density of a Matern-5/2 kernel, Student's t
_REACH = 4.0  # spreads of the prior: hyperparameters beyond it are taken for a poor approximation


class Draw:
    """A function of settings, standardised as its process is.

    Parameters
    ----------
    process
        Fitted.
    theta
        Logarithms of the hyperparameters, drawn before.
    rng
        Of the draw.
    """

    def __init__(self, process: Process, theta: Any, rng: np.random.Generator) -> None:
        self._process = process
        self._theta = theta
        own = process.named(self._theta)
        self.noise = float(own["noise"])
        d, n_fields = process.n_columns, process.x.shape[-1] - process.n_columns
        normal = rng.normal(size=(_WAVES, d))
        heavy = np.sqrt(_DEGREES / rng.chisquare(_DEGREES, size=(_WAVES, 1)))
        self._waves = torch.as_tensor(normal * heavy) / own["length"]
        self._phases = torch.as_tensor(rng.uniform(0, 2 * math.pi, size=_WAVES))
        self._relevance = own["relevance"]
        of_settings = torch.cat(
            [
                own["linear"].expand(d),
                own["bowl"].reshape(1),
                own["squares"].expand(d),
                own["crossed"].expand(d * (d - 1) // 2),
                (own["matern"] * 2 / _WAVES).expand(_WAVES),
            ]
        ).sqrt()
        self._height = float(rng.normal())
        drawn = torch.as_tensor(rng.normal(size=(n_fields + 1, len(of_settings)))) * of_settings
        self._weights, self._by_field = drawn[0], own["by_field"].sqrt() * drawn[1:]
        self._levels = own["field"].sqrt() * torch.as_tensor(rng.normal(size=n_fields))
        self._update = self._towards_the_values(rng)

    def __call__(self, x: Any) -> Any:
        """Give the values at (n, n_columns + n_fields) points, (n,)."""
        kernel = self._process.kernel(self._theta, x, self._process.x)
        return self._prior(x) + kernel @ self._update

    def _towards_the_values(self, rng: np.random.Generator) -> Any:
        process = self._process
        with torch.no_grad():
            sd = (self.noise * process.relative_variance).sqrt()
            seen = self._prior(process.x) + sd * torch.as_tensor(rng.normal(size=len(process.z)))
            factor = process.factor(self._theta)
            return torch.cholesky_solve((process.z - seen)[:, None], factor).squeeze(-1)

    def _prior(self, x: Any) -> Any:
        d = self._process.n_columns
        features, shares = self._features(2 * x[..., :d] - 1), x[..., d:]
        by_field = (features @ self._by_field.T * shares).sum(-1)
        return features @ self._weights + by_field + shares @ self._levels + self._height

    def _features(self, u: Any) -> Any:
        """Of settings alone, without the constant, from (n, n_columns) of -1 to 1."""
        waves = torch.cos(u @ self._waves.T + self._phases)
        u = u * self._relevance
        d = u.shape[-1]
        i, j = torch.triu_indices(d, d, offset=1)
        squares = u**2
        bowl = squares.sum(-1, keepdim=True)
        return torch.cat([u, bowl, squares, u[..., i] * u[..., j], waves], dim=-1)


class Hyperparameters:
    """The Laplace approximation of the posterior of a process's hyperparameters (logarithms).

    Parameters
    ----------
    process
        Fitted.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        second = torch.autograd.functional.hessian
        hessian = second(process.loss, process.theta)  # type: ignore[no-untyped-call]
        # The maximum is found roughly, and flat directions have their prior at the least.
        curvature, self._axes = torch.linalg.eigh((hessian + hessian.T) / 2)
        self._spread = curvature.clamp_min(1 / process.prior_sd.max() ** 2).rsqrt()

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw once."""
        process = self._process
        off = self._axes @ (torch.as_tensor(rng.normal(size=len(self._spread))) * self._spread)
        reach = _REACH * process.prior_sd
        return torch.clamp(
            process.theta + off, process.prior_mean - reach, process.prior_mean + reach
        )
