"""A Gaussian process for what an instrument's settings do to its information.

z(x)   : (logarithm of the) objective, standardised
u      : settings from -1 to 1
k      : a quadratic form and a Matern term, and what each field of view has of its own, in level
         and in what settings do (`hil.proposer.auto.kernel`)
noise  : s^2 r_i , r_i the trial's own variance relative to the others'

Near an optimum information is bell-shaped in the settings, so that its logarithm is quadratic: one
curvature that all axes share, what each axis has of its own, and crossed terms. With
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
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from drivers.types import Floats
from hil.proposer.auto.botorch_parts import (
    GPyTorchPosterior,
    Model,
    ModelList,
    MultitaskMultivariateNormal,
    MultivariateNormal,
)
from hil.proposer.auto.kernel import NAMES, Posterior, factor, kernel, named, variance
from hil.proposer.auto.slopes import LEAST, Covariance, Known, Marginals

_ITERATIONS = 60
_DOUBT_SPREAD = 1.5
_ALIKE_SPREAD = 0.2  # of the relevance of settings of one kind
_FITTED = 160  # rows that hyperparameters are fitted to: their number is a dozen or two
_KNOWN = 600  # rows that the process is conditioned on

# Median and spread (of the natural logarithm) of the prior of each hyperparameter; variances in
# units of the values' own, with settings from -1 to 1. Lengths are times the root of the number of
# columns.
_SMOOTH = {
    "linear": (5.0, 1.0),
    "bowl": (5.0, 1.0),
    "squares": (1.0, 1.0),
    "crossed": (0.3, 1.0),
    "matern": (0.2, 1.0),
    "length": (0.3, 0.5),
    "relevance": (1.0, 0.5),
    "field": (0.05, 1.5),  # fields of view differ by a tenth, say, where settings differ by half
    "by_field": (0.01, 1.5),  # what settings do differs by a tenth of it, say
    "noise": (1e-3, 1.5),
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
        (n, n_inputs) points of the unit cube, then shares of the fields of view, then which earlier
        session a trial is of.
    z
        (n,) values.
    relative_variance
        (n,) of each value's noise, relative to one another.
    n_columns
        How many of the columns are settings.
    rough
        Expect the values to be no parabola.
    doubts
        For each earlier session how far its landscape may be another, a share of the variance.
    alike
        (n_columns,) which settings are of one kind, and so expected to matter about as much.

    Attributes
    ----------
    offset, scale
        Of the values: standardised, they are (value - offset) / scale.
    n_columns
        As given.
    x, z, relative_variance
        Points, standardised values, and their noise relative to one another: those that tell most.
    theta, prior_mean, prior_sd
        Logarithms of the hyperparameters at their maximum a posteriori, and their prior.
    foretold
        Root mean square of what each value differs by from what the others say of it, in standard
        deviations of that (Rasmussen and Williams 2006, equation 5.12); 1 where the process knows
        how sure it is.
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
        doubts: Sequence[float] = (),
        alike: NDArray[np.bool_] | None = None,
    ) -> None:
        super().__init__()
        self.offset = float(np.mean(z))
        self.scale = float(np.std(z)) or 1.0
        self.n_columns = n_columns
        self._n_sessions = len(doubts)
        rows = telling(z, _KNOWN)
        self.x = torch.as_tensor(x[rows], dtype=torch.double)
        self.z = torch.as_tensor((z[rows] - self.offset) / self.scale, dtype=torch.double)
        self.relative_variance = torch.as_tensor(relative_variance[rows], dtype=torch.double)
        priors = _ROUGH if rough else _SMOOTH
        lengths = priors["length"]
        priors = {**priors, "length": (lengths[0] * math.sqrt(n_columns), lengths[1])}
        entries = [priors[name] for name in NAMES[:-2]]
        entries += [(median, _DOUBT_SPREAD) for median in doubts]
        median, spread = priors["relevance"]
        of_one_kind = np.zeros(n_columns, dtype=bool)
        if alike is not None and not rough:  # another optimum has slopes of its own
            of_one_kind = alike
        entries += [(median, _ALIKE_SPREAD if one else spread) for one in of_one_kind]
        self.prior_mean = torch.tensor([math.log(m) for m, _ in entries], dtype=torch.double)
        self.prior_sd = torch.tensor([spread for _, spread in entries], dtype=torch.double)
        self.theta = self._fit()
        self._own = self.named(self.theta)
        self._condition()
        weighed = self._whiten.T @ self._white
        self.foretold = float((weighed**2 / (self._whiten**2).sum(0)).mean().sqrt())

    # --- hyperparameters -------------------------------------------------------------------------

    def _fit(self) -> Any:
        rows = torch.as_tensor(telling(self.z.numpy(), _FITTED))
        known = Posterior(
            self.x[rows],
            self.z[rows],
            self.relative_variance[rows],
            self.prior_mean,
            self.prior_sd,
            self._n_sessions,
        )
        start = self.prior_mean.numpy()
        reach = 6 * self.prior_sd.numpy()
        found = minimize(
            known.downhill,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(start - reach, start + reach, strict=True)),
            options={"maxiter": _ITERATIONS},
        )
        return torch.as_tensor(found.x)

    def named(self, theta: Any) -> dict[str, Any]:
        """Give the hyperparameters by name, from their logarithms."""
        return named(theta, self._n_sessions)

    def kernel(self, theta: Any, x1: Any, x2: Any) -> Any:
        """Give the covariance of the process at (..., n, k) and (..., m, k) points, (..., n, m)."""
        return kernel(self.named(theta), x1, x2)

    def factor(self, theta: Any) -> Any:
        """Give the Cholesky factor of the values' covariance, noise included, (n, n)."""
        return factor(self.named(theta), self.x, self.relative_variance)

    def loss(self, theta: Any) -> Any:
        """Negative logarithm of the posterior of the hyperparameters, up to a constant."""
        chol = self.factor(theta)
        white = torch.linalg.solve_triangular(chol, self.z[:, None], upper=False)
        likelihood = 0.5 * (white**2).sum() + chol.diagonal().log().sum()
        return likelihood + 0.5 * (((theta - self.prior_mean) / self.prior_sd) ** 2).sum()

    @property
    def noise(self) -> float:
        """Variance of the typical value's noise, standardised."""
        return float(self._own["noise"])

    @property
    def noise_sd(self) -> float:
        """Standard deviation of the typical value's noise, standardised."""
        return math.sqrt(self.noise)

    @property
    def by_field(self) -> float:
        """How far what settings do differs between fields of view, a share of the variance."""
        return float(self._own["by_field"])

    # --- posterior -------------------------------------------------------------------------------

    def _condition(self) -> None:
        with torch.no_grad():
            chol = factor(self._own, self.x, self.relative_variance)
            whole = torch.eye(len(chol), dtype=torch.double)
            self._whiten = torch.linalg.solve_triangular(chol, whole, upper=False)
            self._white = self._whiten @ self.z
            self._known = Known(self._own, self.x, self._whiten, self._white)

    def prior(self, x: Any) -> Any:
        """Give the covariance of the values at (n, n_inputs) points before anything is measured."""
        return kernel(self._own, x, x)

    def moments(self, x: Any) -> tuple[Any, Any]:
        """Give mean and covariance of the values without noise, standardised.

        Parameters
        ----------
        x
            (..., n, n_inputs).

        Returns
        -------
        (..., n) and (..., n, n)
        """
        shaped = self._whiten @ kernel(self._own, self.x, x)
        mean = shaped.transpose(-1, -2) @ self._white
        return mean, kernel(self._own, x, x) - shaped.transpose(-1, -2) @ shaped

    def seen_from(self, x: Any) -> tuple[Any, Any]:
        """Give (m, n_inputs) points, and what the measured ones tell of them, for `covariance`."""
        return x, self._whiten @ kernel(self._own, self.x, x)

    def covariance(self, x: Any, others: tuple[Any, Any]) -> tuple[Any, Any]:
        """Give the covariance of the values at (..., n_inputs) points with others, and their own.

        Parameters
        ----------
        others
            From `seen_from`.

        Returns
        -------
        (..., m) and (...,), without noise
        """
        points, told = others
        if x.requires_grad and x.dim() == 2:
            slopes: Any = Covariance
            found: tuple[Any, Any] = slopes.apply(x, self._known, points, told)
            return found
        shaped = self._whiten @ kernel(self._own, self.x, x)
        along = kernel(self._own, x, points) - shaped.transpose(-1, -2) @ told
        return along, variance(self._own, x) - (shaped**2).sum(-2)

    def marginals(self, x: Any) -> tuple[Any, Any]:
        """Give mean and standard deviation at each of (n, n_inputs) points."""
        if x.requires_grad:
            slopes: Any = Marginals
            found: tuple[Any, Any] = slopes.apply(x, self._known)
            return found
        shaped = self._whiten @ kernel(self._own, self.x, x)
        left = variance(self._own, x) - (shaped**2).sum(-2)
        return shaped.transpose(-1, -2) @ self._white, left.clamp_min(LEAST).sqrt()

    def posterior(self, X: Any, *args: Any, **kwargs: Any) -> GPyTorchPosterior:  # noqa: N803
        """Give the posterior as BoTorch's acquisitions ask for it."""
        return GPyTorchPosterior(self.joint(X))

    def joint(self, x: Any) -> Any:
        """Give the joint distribution of the values at points, standardised."""
        if x.shape[-2] == 1:  # one point each: many of them together cost little
            mean, sd = self.marginals(x.reshape(-1, x.shape[-1]))
            shape = x.shape[:-1]
            return MultivariateNormal(mean.reshape(shape), (sd**2).reshape(*shape, 1))
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


def telling(values: Floats, most: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Rows, at most so many, that tell most: half the best, half spread over the others.

    A long search has measured most of its settings next to one another, or where nothing is.
    """
    if len(values) <= most:
        return np.arange(len(values))
    order = np.argsort(-values, kind="stable")
    n_best = most // 2
    others = np.sort(order[n_best:])
    spread = others[np.linspace(0, len(others) - 1, most - n_best).round().astype(int)]
    return np.sort(np.concatenate([order[:n_best], spread]))


class Several(ModelList):
    """Processes of several objectives, taken for independent."""

    def posterior(self, X: Any, *args: Any, **kwargs: Any) -> GPyTorchPosterior:  # noqa: N803
        """Give the posterior of all of them as BoTorch's acquisitions ask for it."""
        processes: Any = self.models
        joints = [process.joint(X) for process in processes]
        return GPyTorchPosterior(MultitaskMultivariateNormal.from_independent_mvns(joints))
