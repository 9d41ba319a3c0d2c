"""Where the next trial is expected to gain most.

One objective: logarithm of the gain, plus the logarithm of the probability that no constraint is
broken. The gain is the expected improvement over the best posterior mean
(`hil.proposer.auto.improvement`), and what the trial tells of where the top lies
(`hil.proposer.auto.knowledge`).
Several: log noisy expected hypervolume improvement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch

from drivers.types import Floats
from hil.proposer.auto.botorch_parts import (
    SobolQMCNormalSampler,
    infer_reference_point,
    is_non_dominated,
    qLogNoisyExpectedHypervolumeImprovement,
)
from hil.proposer.auto.earlier import Earlier, Together
from hil.proposer.auto.excess import told
from hil.proposer.auto.improvement import log_expected_improvement
from hil.proposer.auto.knowledge import KnowledgeGradient
from hil.proposer.auto.observations import Observations, slope, transformed
from hil.proposer.auto.process import Process, Several

# (n, n_columns) points of the unit cube to (n,) values, the larger the better.
Acquisition: TypeAlias = Callable[[Any], Any]

_BASIN = 0.15  # of the cube, root mean square over the axes: what belongs to one optimum
_AROUND = 0.15  # of the cube, likewise: how far the optimum may lie from the best so far
_DOWN = 0.5  # standard deviations of the values: how much less may be expected there
_FAR = 0.3  # of the cube, likewise: two of `_BASIN`
_SAME_AGAIN = 1e3  # of a logarithm of a gain: what the same once more falls behind
_SAMPLES = 64  # of the posterior, for several objectives
_LOG_USES = math.log(4.0)  # what is learnt serves the trials after the next one too
_EDGE = 1e-6  # of the cube
_NOTHING = 1e-300  # whose logarithm there is


class Belief:
    """The fitted processes, and what follows from them.

    Parameters
    ----------
    seen
        What was measured.
    rough
        Expect the objectives to be no parabola.
    earlier
        Sessions that tell of this one.
    """

    def __init__(
        self, seen: Observations, *, rough: bool = False, earlier: Sequence[Earlier] = ()
    ) -> None:
        self._seen = seen
        n_columns = seen.points.shape[1]
        together = Together(seen, earlier)
        self._share = together.share
        n_own = len(seen.points)
        self._own = torch.as_tensor(together.inputs[:n_own], dtype=torch.double)

        self._objectives = [
            Process(
                together.inputs,
                together.values(i),
                together.noise,
                n_columns,
                rough=rough,
                doubts=[one.doubt for one in earlier],
                alike=seen.alike,
            )
            for i in range(seen.values.shape[1])
        ]
        moving = [column for column in seen.constraints.T if np.any(column > 0)]
        self._constraints = [
            Process(
                together.inputs[:n_own],
                told(column),
                together.noise[:n_own],
                n_columns,
                rough=True,
                doubts=[one.doubt for one in earlier],
            )
            for column in moving
        ]
        for model in (*self._objectives, *self._constraints):
            self._believe(model)

    def _believe(self, model: Process) -> None:
        """Take what is in work, or has failed, for measured at what the model expects."""
        pending = self._seen.pending
        if not len(pending):
            return
        inputs = self._whole(torch.as_tensor(pending, dtype=torch.double))
        with torch.no_grad():
            expected, _ = model.marginals(inputs)
        model.believe(inputs, expected)

    def _whole(self, points: Any) -> Any:
        """Points with the typical shares of the fields of view, of this session."""
        if not len(self._share):
            return points
        share = torch.as_tensor(self._share, dtype=torch.double)
        return torch.cat([points, share.expand(*points.shape[:-1], len(share))], dim=-1)

    def mean_and_sd(self, points: Floats) -> tuple[Floats, Floats]:
        """Posterior of the first objective, standardised, at (n, n_columns) points."""
        with torch.no_grad():
            mean, sd = self._objectives[0].marginals(self._whole(torch.as_tensor(points)))
        return mean.numpy(), sd.numpy()

    def told(self, points: Floats) -> tuple[Floats, Floats]:
        """Give mean and standard deviation of the first objective, as `transformed` has it."""
        mean, sd = self.mean_and_sd(points)
        model = self._objectives[0]
        return model.offset + model.scale * mean, model.scale * sd

    def differences(self, point: Floats, others: Floats) -> tuple[Floats, Floats]:
        """Say how much more of the first objective a point has than each of (n, n_columns) others.

        Over fields of view at large: those that were searched at may like it more than others do,
        as far as settings do something else to each field.

        Returns
        -------
        (n,), (n,)
            Mean and standard deviation, in the objective's unit near the best.
        """
        points = torch.as_tensor(np.vstack([point[None], others]))
        model = self._objectives[0]
        whole = torch.cat([points, torch.zeros(len(points), len(self._share))], dim=-1)
        with torch.no_grad():
            mean, covariance = model.moments(whole)
            variance = _of_differences(covariance)
            if not any(self._seen.fields.shape[1:]):  # one field, of which no other tells
                variance = variance + model.by_field * _of_differences(model.prior(whole))
        unit = self._unit
        return (unit * (mean[0] - mean[1:])).numpy(), (unit * variance.sqrt()).numpy()

    def level(self) -> Floats:
        """Give the first objective of each trial, less what its fields of view have of their own.

        (n,), in units of `transformed`.
        """
        values = transformed(self._seen.values[:, 0])
        if not self._seen.fields.shape[1]:
            return values
        model = self._objectives[0]
        with torch.no_grad():
            here, _ = model.marginals(self._own)
            typical, _ = model.marginals(self._whole(torch.as_tensor(self._seen.points)))
        return np.asarray(values - model.scale * (here - typical).numpy())

    @property
    def foretold(self) -> float:
        """How far values of the first objective are from what the others say of them.

        Root mean square, in standard deviations: 1 where the process knows how sure it is.
        """
        return self._objectives[0].foretold

    def log_feasible(self, points: Any) -> Any:
        """Logarithm of the probability that no constraint is broken, (n,)."""
        total = torch.zeros(points.shape[:-1], dtype=torch.double)
        for model in self._constraints:
            mean, sd = model.marginals(self._whole(points))
            bound = -model.offset / model.scale
            total = total + torch.special.log_ndtr((bound - mean) / sd)
        return total

    def best(self) -> int:
        """Row of the measured trial that the model takes for the best; feasible where any is."""
        mean, _ = self.mean_and_sd(self._seen.points)
        allowed = self._seen.eligible
        return int(np.argmax(np.where(allowed, mean, -np.inf) if allowed.any() else mean))

    def hope(self) -> Acquisition:
        """Give what there might be away from the best: a second optimum has its own slope."""
        best = torch.as_tensor(self._seen.points[self.best()])

        def hoped(points: Any) -> Any:
            mean, sd = self._objectives[0].marginals(self._whole(points))
            away = (points - best).pow(2).mean(-1) / _BASIN**2
            return mean + sd - 10 * torch.exp(-away) + self.log_feasible(points)

        return hoped

    def doubt(self) -> Acquisition:
        """Give what is least known around the best: that finds which way the optimum lies.

        Only where much is expected: whatever the axes are, a step down is what it costs.
        """
        best = torch.as_tensor(self._seen.points[self.best()])
        with torch.no_grad():
            top, _ = self._objectives[0].marginals(self._whole(best[None]))

        def unsure(points: Any) -> Any:
            mean, sd = self._objectives[0].marginals(self._whole(points))
            away = ((points - best).pow(2).mean(-1) + 1e-12).sqrt() / _AROUND
            out = (away - 1).clamp_min(0) + (top - _DOWN - mean).clamp_min(0)
            return sd.log() - 10 * out + self.log_feasible(points)

        return unsure

    def curiosity(self) -> Acquisition:
        """Give how far it is to what was measured: that finds what no model expects.

        Far enough is far enough: farthest of all are the corners, where hardly anything is.
        """
        known = torch.as_tensor(np.vstack([self._seen.points, self._seen.pending]))

        def far(points: Any) -> Any:
            away = (points[..., :, None, :] - known).pow(2).mean(-1).amin(-1)
            return (away + 1e-12).log().clamp_max(2 * math.log(_FAR)) + self.log_feasible(points)

        return far

    def apart(self, wanted: Acquisition, least: float) -> Acquisition:
        """Give an acquisition that asks for nothing that was measured, to within ``least``.

        Points are the same where no axis differs by more.
        """
        known = torch.as_tensor(np.vstack([self._seen.points, self._seen.pending]))

        def elsewhere(points: Any) -> Any:
            away = (points[..., :, None, :] - known).abs().amax(-1).amin(-1)
            return wanted(points) - _SAME_AGAIN * (away <= least)

        return elsewhere

    def preference(self) -> Acquisition:
        """Give the posterior mean of the first objective, plus what keeps to the constraints."""

        def mean(points: Any) -> Any:
            return self._objectives[0].marginals(self._whole(points))[0] + self.log_feasible(points)

        return mean

    def expected_gain(self, log_gain: float) -> float:
        """Turn a logarithm of a gain, of `acquisition`, into the first objective's unit."""
        return math.exp(log_gain) * self._unit

    @property
    def noise_sd(self) -> float:
        """Standard deviation of a typical trial about the model, in the first objective's unit."""
        return self._objectives[0].noise_sd * self._unit

    @property
    def _unit(self) -> float:
        """What a standardised one is worth near the best, in the first objective's unit."""
        values = self._seen.values[:, 0]
        return self._objectives[0].scale / float(slope(values)[self.best()])

    def acquisition(
        self, seed: int, top: Floats | None = None, continuous: Sequence[int] = ()
    ) -> Acquisition:
        """Give what the next trial is chosen by.

        Parameters
        ----------
        seed
            Of samples of the posterior, for several objectives.
        top, continuous
            Where `preference` is largest, and the columns along which that may move; without them
            nothing is tried for what it tells.
        """
        if not self._seen.feasible.any():
            return self.log_feasible
        if len(self._objectives) > 1:
            gain = self._hypervolume(seed)
        else:
            gain = self._improvement()
            if top is not None:
                gain = self._learning(gain, top, continuous)
        return lambda points: gain(points) + self.log_feasible(points)

    def _learning(self, gain: Acquisition, top: Floats, continuous: Sequence[int]) -> Acquisition:
        """Add to a gain what is learnt, if by a trial that probably keeps to the constraints.

        At an end of its range the top does not move.
        """
        free = [column for column in continuous if _EDGE < top[column] < 1 - _EDGE]
        if not free:
            return gain
        knowledge = KnowledgeGradient(self._objectives[0], self._whole(torch.as_tensor(top)), free)

        def together(points: Any) -> Any:
            learnt = knowledge(self._whole(points)).clamp_min(_NOTHING).log() + _LOG_USES
            kept = self.log_feasible(points) > -math.log(2)
            alone = gain(points)
            return torch.where(kept, torch.logaddexp(alone, learnt), alone)

        return together

    def _improvement(self) -> Acquisition:
        # what is in work is as good as it is expected to be
        known = np.vstack([self._seen.points[self._seen.eligible], self._seen.pending])
        best = float(self.mean_and_sd(known)[0].max())
        model = self._objectives[0]
        return lambda points: log_expected_improvement(*model.marginals(self._whole(points)), best)

    def _hypervolume(self, seed: int) -> Acquisition:
        model = Several(*self._objectives)
        inputs = self._whole(torch.as_tensor(self._seen.points[self._seen.feasible]))
        with torch.no_grad():
            means = torch.stack([own.marginals(inputs)[0] for own in self._objectives], dim=-1)
        front = means[is_non_dominated(means)]
        improvement = qLogNoisyExpectedHypervolumeImprovement(
            model,
            ref_point=infer_reference_point(front, scale_max_ref_point=True),
            X_baseline=inputs,
            sampler=SobolQMCNormalSampler(torch.Size([_SAMPLES]), seed=seed),
            prune_baseline=True,
            cache_root=False,
        )
        return lambda points: improvement(self._whole(points).unsqueeze(-2))


def _of_differences(covariance: Any) -> Any:
    """Variances of the first value less each other one, from their covariance."""
    own = covariance.diagonal()
    return (own[0] + own[1:] - 2 * covariance[0, 1:]).clamp_min(0)
