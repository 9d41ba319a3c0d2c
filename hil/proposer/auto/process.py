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
parabola through the first. Hyperparameters are at their maximum a posteriori (GPyTorch; BoTorch's
fit).
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import gpytorch
import numpy as np
import torch
from botorch.exceptions.warnings import InputDataWarning, OptimizationWarning
from botorch.fit import fit_gpytorch_mll
from botorch.models.gpytorch import GPyTorchModel
from gpytorch.constraints import GreaterThan
from gpytorch.distributions import MultivariateNormal
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.mlls import ExactMarginalLogLikelihood
from gpytorch.priors import LogNormalPrior
from linear_operator.operators import DiagLinearOperator

from drivers.types import Floats

_ITERATIONS = 60
# Medians of the priors, in units of the values' variance, with settings from -1 to 1.
_MEDIANS = {"linear": 5.0, "bowl": 5.0, "squares": 1.0, "crossed": 0.3, "rough": 0.05}
_ROUGH = {"linear": 0.1, "bowl": 0.1, "squares": 0.02, "crossed": 0.006, "rough": 1.0}
_LENGTH, _ROUGH_LENGTH = 0.7, 0.2  # of the Matern term, times the root of the number of columns
_RELEVANCE_SPREAD = 0.5
_NOISE = 3e-3
_FIELD = 0.05  # fields of view differ by a tenth, say, where settings differ by half


class _Kernel(gpytorch.kernels.Kernel):  # type: ignore[misc]
    """Linear, squared and crossed terms, a Matern term, and an effect of each field of view."""

    def __init__(self, n_columns: int, n_fields: int, *, rough: bool) -> None:
        super().__init__()
        self.n_columns, self.n_fields = n_columns, n_fields
        length = _ROUGH_LENGTH if rough else _LENGTH
        self.matern = gpytorch.kernels.MaternKernel(
            nu=2.5,
            ard_num_dims=n_columns,
            lengthscale_prior=LogNormalPrior(math.log(length * math.sqrt(n_columns)), 0.7),
        )
        self.matern.lengthscale = length * math.sqrt(n_columns)
        for name, median in (_ROUGH if rough else _MEDIANS).items():
            self._own(name, 1, median, 1.0)
        self._own("relevance", n_columns, 1.0, _RELEVANCE_SPREAD)
        if n_fields:
            self._own("field", 1, _FIELD, 1.5)

    def _own(self, name: str, n: int, median: float, spread: float) -> None:
        raw = torch.nn.Parameter(torch.full((n,), math.log(median), dtype=torch.double))
        self.register_parameter(f"log_{name}", raw)
        # normal in the logarithm
        prior = gpytorch.priors.NormalPrior(math.log(median), spread)
        self.register_prior(f"{name}_prior", prior, f"log_{name}")

    def forward(self, x1: Any, x2: Any, diag: bool = False, **params: Any) -> Any:
        d = self.n_columns
        a, b = 2 * x1[..., :d] - 1, 2 * x2[..., :d] - 1
        rough = self.matern(a, b, diag=diag)
        found = torch.exp(self.log_rough) * (rough if diag else rough.to_dense())
        scale = torch.exp(self.log_relevance)
        a, b = a * scale, b * scale
        squared = _dot(a**2, b**2, diag)
        dot = _dot(a, b, diag)
        one = (a**2).sum(-1), (b**2).sum(-1)
        bowl = one[0] * one[1] if diag else one[0][..., :, None] * one[1][..., None, :]
        found = found + torch.exp(self.log_linear) * dot + torch.exp(self.log_bowl) * bowl
        found = found + torch.exp(self.log_squares) * squared
        found = found + torch.exp(self.log_crossed) * (dot**2 - squared) / 2
        if self.n_fields:
            fields = _dot(x1[..., d:], x2[..., d:], diag)
            found = found + torch.exp(self.log_field) * fields
        return found


def _dot(a: Any, b: Any, diag: bool) -> Any:
    return (a * b).sum(-1) if diag else a @ b.transpose(-1, -2)


class _Noise(GaussianLikelihood):  # type: ignore[misc]
    """One noise for all trials, times what each trial says of its own."""

    def __init__(self, relative: torch.Tensor) -> None:
        super().__init__(
            noise_prior=LogNormalPrior(math.log(_NOISE), 1.5),
            noise_constraint=GreaterThan(1e-6, initial_value=3e-3),
        )
        self.relative = relative

    def _shaped_noise_covar(self, base_shape: torch.Size, *params: Any, **kwargs: Any) -> Any:
        if base_shape[-1] == len(self.relative):
            return DiagLinearOperator(self.noise * self.relative)
        return super()._shaped_noise_covar(base_shape, *params, **kwargs)


class Process(gpytorch.models.ExactGP, GPyTorchModel):  # type: ignore[misc]
    """The process of one objective or one constraint, fitted.

    Parameters
    ----------
    x
        (n, n_columns + n_fields) points of the unit cube, then shares of the fields of view.
    z
        (n,) values.
    relative_variance
        (n,) of each value, relative to one another.
    n_columns
        How many of the columns are settings.
    rough
        Expect the values to be no parabola.
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
        self.offset = float(np.mean(z))
        self.scale = float(np.std(z)) or 1.0
        inputs = torch.as_tensor(x, dtype=torch.double)
        targets = torch.as_tensor((z - self.offset) / self.scale, dtype=torch.double)
        noise = _Noise(torch.as_tensor(relative_variance, dtype=torch.double))
        super().__init__(inputs, targets, noise)
        self.mean_module = gpytorch.means.ConstantMean()
        self.covar_module = _Kernel(n_columns, x.shape[1] - n_columns, rough=rough)
        self.double()

    def forward(self, x: Any) -> MultivariateNormal:
        """Give the prior at points; GPyTorch conditions it."""
        return MultivariateNormal(self.mean_module(x), self.covar_module(x))

    def fitted(self) -> Process:
        """Fit hyperparameters; where the optimiser gives up they are left where it stood."""
        likelihood = ExactMarginalLogLikelihood(self.likelihood, self)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizationWarning)
            warnings.simplefilter("ignore", InputDataWarning)
            fit_gpytorch_mll(
                likelihood,
                optimizer_kwargs={"options": {"maxiter": _ITERATIONS}},
                max_attempts=1,
                warning_handler=lambda warning: True,
            )
        self.eval()
        return self

    def believe(self, inputs: torch.Tensor, expected: torch.Tensor) -> None:
        """Add points as if they had been measured at what was expected."""
        noise: Any = self.likelihood
        known: Any = self.train_inputs
        noise.relative = torch.cat([noise.relative, torch.ones(len(inputs), dtype=torch.double)])
        targets: Any = self.train_targets
        inputs, expected = torch.cat([known[0], inputs]), torch.cat([targets, expected])
        gpytorch.models.ExactGP.set_train_data(self, inputs, expected, strict=False)
