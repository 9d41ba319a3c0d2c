"""Where the next trial is expected to gain most.

One objective: logarithm of the expected improvement over the best posterior mean, plus the
logarithm of the probability that no constraint is broken (Ament et al., NeurIPS 2023; BoTorch).
Several: log noisy expected hypervolume improvement.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from botorch.acquisition.analytic import LogExpectedImprovement
from botorch.acquisition.multi_objective.logei import (
    qLogNoisyExpectedHypervolumeImprovement,
)
from botorch.models.model_list_gp_regression import ModelListGP
from botorch.sampling.normal import SobolQMCNormalSampler
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from botorch.utils.multi_objective.pareto import is_non_dominated

from drivers.types import Floats
from hil.proposer.auto.observations import Observations, slope, transformed
from hil.proposer.auto.process import Process

# (n, n_columns) points of the unit cube to (n,) values, the larger the better.
Acquisition: TypeAlias = Callable[[Any], Any]

_SAMPLES = 64  # of the posterior, for several objectives


class Belief:
    """The fitted processes, and what follows from them.

    Parameters
    ----------
    seen
        What was measured.
    rough
        Expect the objectives to be no parabola.
    """

    def __init__(self, seen: Observations, *, rough: bool = False) -> None:
        self._seen = seen
        n_columns = seen.points.shape[1]
        self._share = seen.fields.mean(axis=0)
        inputs = np.hstack([seen.points, seen.fields])
        noise = seen.relative_variance

        def fitted(values: Floats, *, rough: bool) -> Process:
            return Process(inputs, values, noise, n_columns, rough=rough).fitted()

        self._objectives = [fitted(transformed(column), rough=rough) for column in seen.values.T]
        moving = [column for column in seen.constraints.T if np.any(column > 0)]
        self._constraints = [fitted(_bounded(column), rough=True) for column in moving]
        self._limits = [_bounded(np.zeros(1), like=column)[0] for column in moving]
        for model in (*self._objectives, *self._constraints):
            self._believe(model)

    def _believe(self, model: Process) -> None:
        """Take what is in work, or has failed, for measured at what the model expects."""
        pending = self._seen.pending
        if not len(pending):
            return
        inputs = self._whole(torch.as_tensor(pending, dtype=torch.double))
        with torch.no_grad():
            expected = model.posterior(inputs).mean.squeeze(-1)
        model.believe(inputs, expected)

    def _whole(self, points: Any) -> Any:
        """Points with the typical shares of the fields of view."""
        if not len(self._share):
            return points
        share = torch.as_tensor(self._share, dtype=torch.double)
        return torch.cat([points, share.expand(*points.shape[:-1], len(share))], dim=-1)

    def mean_and_sd(self, points: Floats) -> tuple[Floats, Floats]:
        """Posterior of the first objective, standardised, at (n, n_columns) points."""
        with torch.no_grad():
            found = self._objectives[0].posterior(self._whole(torch.as_tensor(points)))
        mean, variance = found.mean.squeeze(-1), found.variance.squeeze(-1)
        return mean.numpy(), variance.clamp_min(0).sqrt().numpy()

    def log_feasible(self, points: Any) -> Any:
        """Logarithm of the probability that no constraint is broken, (n,)."""
        total = torch.zeros(points.shape[:-1], dtype=torch.double)
        for model, limit in zip(self._constraints, self._limits, strict=True):
            found = model.posterior(self._whole(points))
            mean, variance = found.mean.squeeze(-1), found.variance.squeeze(-1)
            bound = (limit - model.offset) / model.scale
            sd = variance.clamp_min(1e-12).sqrt()
            total = total + torch.special.log_ndtr((bound - mean) / sd)
        return total

    def best(self) -> int:
        """Row of the measured trial that the model takes for the best; feasible where any is."""
        mean, _ = self.mean_and_sd(self._seen.points)
        allowed = self._seen.feasible
        return int(np.argmax(np.where(allowed, mean, -np.inf) if allowed.any() else mean))

    def preference(self) -> Acquisition:
        """Give the posterior mean of the first objective, plus what keeps to the constraints."""

        def mean(points: Any) -> Any:
            found = self._objectives[0].posterior(self._whole(points)).mean.squeeze(-1)
            return found + self.log_feasible(points)

        return mean

    def expected_gain(self, log_improvement: float) -> float:
        """Turn a logarithm of the expected improvement into the first objective's unit."""
        model, values = self._objectives[0], self._seen.values[:, 0]
        gain = math.exp(log_improvement) * model.scale
        best = values[self.best()]
        return gain / float(slope(np.array([*values, best]))[-1])

    def acquisition(self, seed: int) -> Acquisition:
        """Give what the next trial is chosen by."""
        if not self._seen.feasible.any():
            return self.log_feasible
        gain = self._gain() if len(self._objectives) == 1 else self._hypervolume(seed)
        return lambda points: gain(points) + self.log_feasible(points)

    def _gain(self) -> Acquisition:
        best = float(self.mean_and_sd(self._seen.points[self._seen.feasible])[0].max())
        improvement = LogExpectedImprovement(self._objectives[0], best_f=best)
        return lambda points: improvement(self._whole(points).unsqueeze(-2))

    def _hypervolume(self, seed: int) -> Acquisition:
        model = ModelListGP(*self._objectives)
        inputs = self._whole(torch.as_tensor(self._seen.points[self._seen.feasible]))
        with torch.no_grad():
            means = model.posterior(inputs).mean
        front = means[is_non_dominated(means)]
        improvement = qLogNoisyExpectedHypervolumeImprovement(
            model,
            ref_point=infer_reference_point(front, scale_max_ref_point=True),
            X_baseline=inputs,
            sampler=SobolQMCNormalSampler(torch.Size([_SAMPLES]), seed=seed),
            prune_baseline=True,
        )
        return lambda points: improvement(self._whole(points).unsqueeze(-2))


def _bounded(excess: Floats, like: Floats | None = None) -> Floats:
    """Compress an excess: how far beyond a bound hardly matters, that it is beyond does."""
    scale = float(np.median(np.abs(excess if like is None else like))) or 1.0
    return np.asarray(np.arcsinh(excess / scale))
