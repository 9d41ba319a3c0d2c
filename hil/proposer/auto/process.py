"""A Gaussian process for what an instrument's settings do to its information.

z(x)   : (logarithm of the) objective, standardised
u      : settings from -1 to 1
k      : l u.u' + b |u|^2 |u'|^2 + s sum_i u_i^2 u'_i^2 + c sum_{i<j} u_i u_j u'_i u'_j + Matern-5/2
field  : s_f^2 w.w' , w the share of each field of view in a trial's frames
noise  : s^2 r_i , r_i the trial's own variance relative to the others'

Near an optimum information is bell-shaped in the settings, so that its logarithm is quadratic: one
curvature that all axes share (b), what each axis has of its own (s), and crossed terms (c). With
the quadratic in the kernel, d directions and a few points more tell where the optimum lies, and
corners of the box that cannot be good are not asked for. The Matern term holds what is not
quadratic; where `rough`, it is most of the process, so that a second optimum is not ruled out by a
parabola through the first.

Hyperparameters are at their maximum a posteriori, by L-BFGS from one start: priors are normal in
their logarithms. BoTorch's acquisitions take the process as a model; its own fit through GPyTorch
took several times as long and gave up on some studies; see `docs/decisions`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize

from drivers.types import Floats
from hil.proposer.auto.botorch_parts import (
    GPyTorchPosterior,
    Model,
    ModelList,
    MultitaskMultivariateNormal,
    MultivariateNormal,
)

_ITERATIONS = 60
_JITTER = 1e-8
_LENGTH_SPREAD = 0.7

# Median and spread (of the natural logarithm) of the prior of each hyperparameter; variances in
# units of the values' own, with settings from -1 to 1. Lengths are times the root of the number of
# columns.
_SMOOTH = {
    "linear": (5.0, 1.0),
    "bowl": (5.0, 1.0),
    "squares": (1.0, 1.0),
    "crossed": (0.3, 1.0),
    "matern": (0.05, 1.0),
    "length": (0.7, 0.7),
    "relevance": (1.0, 0.5),
    "field": (0.05, 1.5),  # fields of view differ by a tenth, say, where settings differ by half
    "noise": (5e-4, 1.5),
}
_ROUGH = _SMOOTH | {
    "linear": (0.1, 1.0),
    "bowl": (0.1, 1.0),
    "squares": (0.02, 1.0),
    "crossed": (0.006, 1.0),
    "matern": (1.0, 1.0),
    "length": (0.2, 0.7),
}


class Process(Model):
    """The process of one objective or one constraint, fitted to what was measured.

    Parameters
    ----------
    x
        (n, n_columns + n_fields) points of the unit cube, then shares of the fields of view.
    z
        (n,) values.
    relative_variance
        (n,) of each value's noise, relative to one another.
    n_columns
        How many of the columns are settings.
    rough
        Expect the values to be no parabola.

    Attributes
    ----------
    offset, scale
        Of the values: standardised, they are (value - offset) / scale.
    x, z, relative_variance
        Points, standardised values, and their noise relative to one another.
    theta, prior_mean, prior_sd
        Logarithms of the hyperparameters at their maximum a posteriori, and their prior.
    """

    num_outputs = 1

    def __init__(
        self,
        x: Floats,
        z: Floats,
        relative_variance: Floats,
        n_columns: int,
        *,
        rough: bool = False,
    ) -> None:
        super().__init__()
        self.offset = float(np.mean(z))
        self.scale = float(np.std(z)) or 1.0
        self.n_columns = n_columns
        self.x = torch.as_tensor(x, dtype=torch.double)
        self.z = torch.as_tensor((z - self.offset) / self.scale, dtype=torch.double)
        self.relative_variance = torch.as_tensor(relative_variance, dtype=torch.double)
        priors = _ROUGH if rough else _SMOOTH
        self._sizes = {name: n_columns if name == "relevance" else 1 for name in priors}
        medians = {**priors, "length": (priors["length"][0] * math.sqrt(n_columns), _LENGTH_SPREAD)}
        self.prior_mean = self._per_entry({name: math.log(m) for name, (m, _) in medians.items()})
        self.prior_sd = self._per_entry({name: spread for name, (_, spread) in medians.items()})
        self.theta = self._fit()
        self._condition()

    def _per_entry(self, values: dict[str, float]) -> Any:
        parts = [torch.full((size,), values[name]) for name, size in self._sizes.items()]
        return torch.cat(parts).double()

    # --- hyperparameters -------------------------------------------------------------------------

    def _fit(self) -> Any:
        def downhill(inner: Floats) -> tuple[float, Floats]:
            theta = torch.as_tensor(inner).requires_grad_()
            loss = self.loss(theta)
            (gradient,) = torch.autograd.grad(loss, theta)
            return float(loss.detach()), gradient.numpy()

        start = self.prior_mean.numpy()
        bounds = [(m - 6 * s, m + 6 * s) for m, s in zip(start, self.prior_sd.numpy(), strict=True)]
        found = minimize(
            downhill,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": _ITERATIONS},
        )
        return torch.as_tensor(found.x)

    def loss(self, theta: Any) -> Any:
        """Negative logarithm of the posterior of the hyperparameters, up to a constant."""
        factor = self.factor(theta)
        white = torch.linalg.solve_triangular(factor, self.z[:, None], upper=False)
        likelihood = 0.5 * (white**2).sum() + factor.diagonal().log().sum()
        return likelihood + 0.5 * (((theta - self.prior_mean) / self.prior_sd) ** 2).sum()

    def named(self, theta: Any) -> dict[str, Any]:
        """Give the hyperparameters by name, from their logarithms."""
        parts = torch.split(torch.exp(theta), list(self._sizes.values()))
        return dict(zip(self._sizes, parts, strict=True))

    def factor(self, theta: Any) -> Any:
        """Give the Cholesky factor of the values' covariance, noise included, (n, n)."""
        noise = self.named(theta)["noise"] * self.relative_variance
        covariance = self.kernel(theta, self.x, self.x) + torch.diag(noise + _JITTER)
        # a constant of unknown height, with the variance of the values themselves
        factor, wrong = torch.linalg.cholesky_ex(covariance + 1.0)
        if wrong:
            factor = torch.linalg.cholesky(covariance + 1.0 + 1e-4 * torch.eye(len(self.x)))
        return factor

    def kernel(self, theta: Any, x1: Any, x2: Any) -> Any:
        """Give the covariance of the process at (..., n, k) and (..., m, k) points, (..., n, m)."""
        d, own = self.n_columns, self.named(theta)
        a, b = 2 * x1[..., :d] - 1, 2 * x2[..., :d] - 1
        distance = (a[..., :, None, :] - b[..., None, :, :]).pow(2).sum(-1)
        t = torch.sqrt(5 * distance / own["length"] ** 2 + 1e-12)
        found = own["matern"] * (1 + t + t**2 / 3) * torch.exp(-t)
        a, b = a * own["relevance"], b * own["relevance"]
        dot, squared = a @ b.transpose(-1, -2), a**2 @ (b**2).transpose(-1, -2)
        bowl = (a**2).sum(-1)[..., :, None] * (b**2).sum(-1)[..., None, :]
        found = found + own["linear"] * dot + own["bowl"] * bowl
        found = found + own["squares"] * squared + own["crossed"] * (dot**2 - squared) / 2
        if x1.shape[-1] > d:
            found = found + own["field"] * (x1[..., d:] @ x2[..., d:].transpose(-1, -2))
        return found

    @property
    def noise(self) -> float:
        """Variance of the typical value's noise, standardised."""
        return float(self.named(self.theta)["noise"])

    # --- posterior -------------------------------------------------------------------------------

    def _condition(self) -> None:
        with torch.no_grad():
            self._chol = self.factor(self.theta)
            self._white = torch.linalg.solve_triangular(self._chol, self.z[:, None], upper=False)

    @property
    def noise_sd(self) -> float:
        """Standard deviation of the typical value's noise, standardised."""
        return math.sqrt(float(self._named(self._theta)["noise"]))

    def moments(self, x: Any) -> tuple[Any, Any]:
        """Give mean and covariance of the values without noise, standardised.

        Parameters
        ----------
        x
            (..., n, n_columns + n_fields).

        Returns
        -------
        (..., n) and (..., n, n)
        """
        cross = self.kernel(self.theta, self.x, x) + 1.0
        shaped = torch.linalg.solve_triangular(self._chol, cross, upper=False)
        mean = (shaped.transpose(-1, -2) @ self._white).squeeze(-1)
        own = self.kernel(self.theta, x, x) + 1.0
        return mean, own - shaped.transpose(-1, -2) @ shaped

    def marginals(self, x: Any) -> tuple[Any, Any]:
        """Give mean and standard deviation at each of (n, n_columns + n_fields) points."""
        mean, covariance = self.moments(x[:, None, :])
        return mean.squeeze(-1), covariance.squeeze(-1).squeeze(-1).clamp_min(1e-12).sqrt()

    def posterior(self, X: Any, *args: Any, **kwargs: Any) -> GPyTorchPosterior:  # noqa: N803
        """Give the posterior as BoTorch's acquisitions ask for it."""
        return GPyTorchPosterior(self.joint(X))

    def joint(self, x: Any) -> Any:
        """Give the joint distribution of the values at points, standardised."""
        mean, covariance = self.moments(x)
        covariance = covariance + 1e-8 * torch.eye(x.shape[-2], dtype=torch.double)
        return MultivariateNormal(mean, covariance)

    @property
    def batch_shape(self) -> torch.Size:
        """No batch."""
        return torch.Size()

    def believe(self, x: Any, expected: Any) -> None:
        """Add points as if they had been measured at what was expected."""
        self.x = torch.cat([self.x, x])
        self.z = torch.cat([self.z, expected])
        self.relative_variance = torch.cat(
            [self.relative_variance, torch.ones(len(x), dtype=torch.double)]
        )
        self._condition()


class Several(ModelList):
    """Processes of several objectives, taken for independent."""

    def posterior(self, X: Any, *args: Any, **kwargs: Any) -> GPyTorchPosterior:  # noqa: N803
        """Give the posterior of all of them as BoTorch's acquisitions ask for it."""
        processes: Any = self.models
        joints = [process.joint(X) for process in processes]
        return GPyTorchPosterior(MultitaskMultivariateNormal.from_independent_mvns(joints))
