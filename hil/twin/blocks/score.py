"""Likelihood, score and information of blocks that share one covariance.

K  : C + N; a = K^-1 (y - mean) of each block
L  : blocks / 2 log det K + 1/2 sum (y - mean)' a
score of a block in unknown p : 1/2 (tr K^-1 C_p - a' C_p a) - mean_p' a
information                   : blocks (1/2 tr K^-1 C_p K^-1 C_q + mean_p' K^-1 mean_q)

What noise leaves: N a is the noise as the model has it, of variance N K^-1 N. A trial as the others
foretell it is off by (K^-1)_tt^-1 a_t, of variance (K^-1)_tt^-1 (P. Dubrule, Math. Geol. 15, 687
(1983)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hil.twin.blocks.covariance import BlockModel, Foretold
from sim.parts.unknown import SceneOptics


@dataclass(frozen=True, slots=True)
class Scored:
    """At one lot of values.

    Parameters
    ----------
    by_block
        (unknowns, blocks) of minus the log likelihood.
    information
        (unknowns, unknowns).
    """

    by_block: torch.Tensor
    information: torch.Tensor


class Solved:
    """K factored, with a; see the module.

    Raises
    ------
    ValueError
        K is not positive.
    """

    def __init__(self, model: BlockModel, values: torch.Tensor, logs: torch.Tensor) -> None:
        self.model, self._values, self._logs = model, values, logs
        self.here: Foretold = model.at(values)
        self._root, failed = torch.linalg.cholesky_ex(model.whole(self.here, logs))
        if int(failed):
            raise ValueError("the covariance is not positive")
        off = (model.cut.y - self.here.mean_e[None, :, None]).flatten(1)
        self.a = torch.cholesky_solve(off.T, self._root)
        volume = len(off) * torch.log(self._root.diagonal()).sum()
        self.loss = float(volume + 0.5 * (off.T * self.a).sum())

    def scored(
        self, scales: torch.Tensor, further: Sequence[tuple[torch.Tensor, torch.Tensor]] = ()
    ) -> Scored:
        """Give score and information.

        Parameters
        ----------
        scales
            Of the unknowns, for differences.
        further
            Derivatives of covariance and mean in what else may be wrong; they come last.
        """
        model = self.model
        inverse = torch.cholesky_inverse(self._root)
        slopes, means = model.derivatives(self._values, self._logs, scales, self.here)
        slopes += [slope for slope, _ in further]
        means += [mean for _, mean in further]
        turned = [inverse @ slope for slope in slopes]
        mean = torch.stack([model.each(one) for one in means])
        rows = [
            0.5 * (t.diagonal().sum() - (self.a * (slope @ self.a)).sum(dim=0))
            for t, slope in zip(turned, slopes, strict=True)
        ]
        flat = torch.stack([t.flatten() for t in turned])
        other = torch.stack([t.T.flatten() for t in turned])
        once = 0.5 * flat @ other.T + mean @ inverse @ mean.T
        return Scored(torch.stack(rows) - mean @ self.a, self.a.shape[1] * once)

    def slope(
        self, optics: Sequence[SceneOptics], apart: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give derivatives of covariance and mean from one rig to another so far apart."""
        ends = [self.model.of(one) for one in optics]
        low, high = (one.at(self._values) for one in ends)
        wholes = (one.whole(at, self._logs) for one, at in zip(ends, (low, high), strict=True))
        first, last = wholes
        return (last - first) / apart, (high.mean_e - low.mean_e) / apart

    def residuals(self) -> tuple[list[float], list[float]]:
        """Give for each trial squared noise over what it should be, of itself and left out."""
        inverse = torch.cholesky_inverse(self._root)
        blocks, trials = self.a.shape[1], self.model.trials
        pixels = len(inverse) // trials
        ratios, outside = [], []
        for trial in range(trials):
            own = slice(trial * pixels, (trial + 1) * pixels)
            a, part = self.a[own], inverse[own, own]
            ratios.append(float(a.square().sum() / (blocks * part.diagonal().sum())))
            off = torch.linalg.solve(part, a)
            outside.append(float((a * off).sum()) / (blocks * pixels))
        return ratios, outside
