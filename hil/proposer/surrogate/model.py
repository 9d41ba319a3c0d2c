"""The model that is fitted to recorded trials, what speaks for it, and worlds that it allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from drivers.types import Floats, Value
from hil.proposer.auto.observations import Observations, is_logarithmic, slope, transformed
from hil.proposer.auto.optimise import best_point
from hil.proposer.auto.process import Process
from hil.proposer.auto.space import UnitSpace
from hil.proposer.distributions import distribution, inside
from hil.proposer.plan import SearchPlan
from hil.proposer.surrogate.cross_validation import leave_out
from hil.proposer.surrogate.draw import Draw, Hyperparameters
from hil.records.trial import TrialRow, TrialState
from hil.records.what_if import LeftOut

_TWO_SIDED_95 = 1.96
_KNEE_SHARE = 0.01  # as of `transformed`
_PENALTY = 100.0  # standardised: what breaks a constraint is never the best


class Surrogate:
    """A Gaussian process of a session's objective, and of the constraints that it has met.

    Each trial has its own noise, as far as intervals tell how trials differ in it; the size of all
    is fitted. Whether a parabola is expected or not goes by how trials left out are predicted.

    Parameters
    ----------
    rows
        Of one session, drift taken off; those that are COMPLETE and inside the axes count.
    plan
        What was searched.

    Raises
    ------
    ValueError
        Fewer than three trials count.
    """

    def __init__(self, rows: Sequence[TrialRow], plan: SearchPlan) -> None:
        self.axes = {
            axis.setting: distribution(axis, integer=axis.setting in plan.integers)
            for axis in plan.axes
        }
        self.space = UnitSpace(self.axes)
        self.rows = [row for row in rows if self._counts(row)]
        if len(self.rows) < 3:
            raise ValueError(f"{len(self.rows)} trials")
        self._n_fields = plan.n_fields if plan.as_needed else 0
        seen = self._seen = self._observations()
        values = self._values = seen.values[:, 0]
        inputs = np.hstack([seen.points, seen.fields])
        noise, n_columns = seen.relative_variance, seen.points.shape[1]
        groups = [tuple(point) for point in seen.points]  # the same settings are left out together
        both = {
            rough: leave_out(inputs, transformed(values), noise, n_columns, groups, rough=rough)
            for rough in (False, True)
        }
        rough, self._left_out = max(both.items(), key=lambda one: one[1].log_score)
        self._process = Process(inputs, transformed(values), noise, n_columns, rough=rough)
        self._hyperparameters = Hyperparameters(self._process)
        self.names = tuple(
            sorted({name for row in self.rows for name, v in row.constraints.items() if v > 0})
        )
        self._constraints = {
            name: _Constraint(
                np.array([row.constraints.get(name, 0.0) for row in self.rows]), inputs, n_columns
            )
            for name in self.names
        }

    def _counts(self, row: TrialRow) -> bool:
        return (
            row.state is TrialState.COMPLETE
            and row.objectives is not None
            and inside(self.axes, list(self.axes), row.requested)
        )

    def _observations(self) -> Observations:
        halves = [
            np.nan if row.measured is None else (row.measured.ci_high - row.measured.ci_low) / 2
            for row in self.rows
        ]
        return Observations(
            points=np.array([self.space.encode(row.requested) for row in self.rows]),
            values=np.array([row.objectives[:1] for row in self.rows if row.objectives]),
            sd=np.array(halves) / _TWO_SIDED_95,
            fields=np.array([self.shares(row.fields) for row in self.rows]).reshape(
                len(self.rows), self._n_fields
            ),
            constraints=np.zeros((len(self.rows), 0)),
            pending=np.zeros((0, self.space.n_columns)),
        )

    def shares(self, fields: Sequence[int]) -> Floats:
        """Give the share of each field of view in a trial's frames; no columns without effect."""
        if not self._n_fields:
            return np.zeros(0)
        chosen = list(fields) or list(range(self._n_fields))
        shares = np.zeros(self._n_fields)
        shares[chosen] = 1 / len(chosen)
        return shares

    # --- what speaks for it ----------------------------------------------------------------------

    def left_out(self) -> LeftOut:
        """Tell how well each trial is predicted from all the others."""
        found = self._left_out
        error = found.z - found.mean
        return LeftOut(
            rms=float(np.sqrt(np.mean((self._values - self._value(found.mean)) ** 2))),
            spread=float(np.std(self._values)),
            explained=float(1 - np.mean(error**2) / np.var(found.z)) if np.var(found.z) else 0.0,
            covered=float(np.mean(np.abs(error) <= _TWO_SIDED_95 * found.sd)),
        )

    # --- units -----------------------------------------------------------------------------------

    def value(self, standardised: Any) -> Floats:
        """Bring standardised values into the objective's unit."""
        z = np.asarray(standardised, dtype=float) * self._process.scale + self._process.offset
        return self._value(z)

    def _value(self, z: Floats) -> Floats:
        if not is_logarithmic(self._values):
            return np.asarray(z)
        knee = _KNEE_SHARE * float(np.max(self._values))
        return np.asarray(2 * knee * np.sinh(np.minimum(z - np.log(knee), 700.0)))

    def half_width(self, n_fields: int, value: float) -> float:
        """Give the interval's half-width of a trial with so many fields of view, 0 for all."""
        known = [(row, row.measured) for row in self.rows if row.measured is not None]
        alike = [one for one in known if len(one[0].fields) == n_fields] or known
        z_half = [
            slope(np.array([*self._values, row.objectives[0]]))[-1] * (m.ci_high - m.ci_low) / 2
            for row, m in alike
            if row.objectives
        ]
        typical = float(np.nanmedian(z_half)) if np.isfinite(z_half).any() else np.nan
        return typical / float(slope(np.array([*self._values, value]))[-1])

    def relative_variance(self, n_fields: int) -> float:
        """Give the noise of a trial with so many fields of view, relative to the typical one's."""
        told = self._seen.relative_variance
        alike = [r for r, row in zip(told, self.rows, strict=True) if len(row.fields) == n_fields]
        return float(np.median(alike or told))

    # --- worlds ----------------------------------------------------------------------------------

    def world(self, seed: int, repair: Any) -> World:
        """Draw one truth that the trials allow.

        Parameters
        ----------
        seed
            Of the draw.
        repair
            Brings settings inside limits that span several of them.
        """
        rng = np.random.default_rng((seed, 7))
        objective = Draw(self._process, self._hyperparameters.draw(rng), rng)
        constraints = {name: one.draw(rng) for name, one in self._constraints.items()}
        return World(self, objective, constraints, repair, seed)

    @property
    def best_measured(self) -> list[Floats]:
        """Points of the best trials, around which the best settings are looked for."""
        order = np.argsort(-self._values)[:3]
        return [np.asarray(self._seen.points[i]) for i in order]


class World:
    """One truth: what every setting would measure, with noise and without.

    Parameters
    ----------
    model
        That it was drawn from.
    objective, constraints
        Functions.
    repair
        Brings settings inside limits that span several of them.
    seed
        Of the search for the best settings.
    """

    def __init__(
        self,
        model: Surrogate,
        objective: Draw,
        constraints: Mapping[str, Any],
        repair: Any,
        seed: int,
    ) -> None:
        self._model, self._objective, self._constraints = model, objective, constraints
        self._all = torch.as_tensor(model.shares(()))
        self._repair, self._seed = repair, seed

    def value(self, settings: Mapping[str, Value]) -> float:
        """Tell the objective at settings, all fields of view, without noise."""
        point = torch.as_tensor(self._model.space.encode(settings))
        with torch.no_grad():
            return float(self._model.value(self._objective(self._whole(point[None])).numpy())[0])

    def measure(
        self, settings: Mapping[str, Value], fields: Sequence[int], rng: np.random.Generator
    ) -> tuple[float, dict[str, float]]:
        """Measure once: the objective with a trial's noise, and the constraints."""
        point = self._model.space.encode(settings)
        inputs = torch.as_tensor(np.hstack([point, self._model.shares(fields)]))[None]
        variance = self._objective.noise * self._model.relative_variance(len(fields))
        with torch.no_grad():
            z = float(self._objective(inputs)[0]) + rng.normal() * np.sqrt(variance)
            broken = {name: float(f(inputs)[0]) for name, f in self._constraints.items()}
        return float(self._model.value(z)), broken

    @cached_property
    def optimum(self) -> float:
        """The objective at the best settings that are allowed."""
        space = self._model.space

        def allowed(points: Floats) -> Floats:
            return np.array([space.encode(self._repair(space.decode(point))) for point in points])

        def feasible(points: Any) -> Any:
            inputs = self._whole(points)
            found = self._objective(inputs)
            for constraint in self._constraints.values():
                found = found - _PENALTY * torch.relu(constraint(inputs))
            return found

        _, best = best_point(feasible, space, allowed, self._model.best_measured, self._seed)
        return float(self._model.value(best))

    def _whole(self, points: Any) -> Any:
        return torch.cat([points, self._all.expand(len(points), len(self._all))], dim=-1)


class _Constraint:
    """How far settings lie beyond one bound, compressed: at most 0 is allowed."""

    def __init__(self, excess: Floats, inputs: Floats, n_columns: int) -> None:
        self._scale = float(np.median(np.abs(excess))) or 1.0
        values = np.arcsinh(excess / self._scale)
        self._process = Process(inputs, values, np.ones(len(values)), n_columns, rough=True)
        self._hyperparameters = Hyperparameters(self._process)

    def draw(self, rng: np.random.Generator) -> Any:
        process = self._process
        drawn = Draw(process, self._hyperparameters.draw(rng), rng)
        return lambda inputs: drawn(inputs) * process.scale + process.offset
