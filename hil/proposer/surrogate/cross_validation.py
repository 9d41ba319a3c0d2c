"""How well a process predicts trials that it was not told, hyperparameters included."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from drivers.types import Floats
from hil.proposer.auto.process import Process

_FOLDS = 10


@dataclass(frozen=True, slots=True)
class Predictions:
    """What was predicted of each value from others alone.

    Parameters
    ----------
    z, mean, sd
        (n,) values, predictions, and their standard deviations with the trial's noise.
    """

    z: Floats
    mean: Floats
    sd: Floats

    @property
    def log_score(self) -> float:
        """Logarithm of the probability density of the values, up to a constant."""
        return float(np.sum(-0.5 * ((self.z - self.mean) / self.sd) ** 2 - np.log(self.sd)))


def leave_out(
    x: Floats,
    z: Floats,
    relative_variance: Floats,
    n_columns: int,
    groups: Sequence[Hashable],
    *,
    rough: bool,
) -> Predictions:
    """Fit to nine tenths, predict the tenth, and so on; every value alone where there are few.

    Parameters
    ----------
    x, z, relative_variance, n_columns, rough
        As of `Process`.
    groups
        For each value what it belongs to; values of one group are left out together.
    """
    names = list(dict.fromkeys(groups))
    n_folds = min(_FOLDS, len(names))
    order = np.random.default_rng(0).permutation(len(names))
    fold_of = {name: int(order[i]) % n_folds for i, name in enumerate(names)}
    folds = np.array([fold_of[group] for group in groups])
    mean, sd = np.zeros(len(z)), np.ones(len(z))
    for fold in range(n_folds):
        out = folds == fold
        if out.all():
            break
        kept = ~out
        process = Process(x[kept], z[kept], relative_variance[kept], n_columns, rough=rough)
        with torch.no_grad():
            found, spread = process.marginals(torch.as_tensor(x[out]))
        noise = process.noise * relative_variance[out]
        mean[out] = found.numpy() * process.scale + process.offset
        sd[out] = np.sqrt(spread.numpy() ** 2 + noise) * process.scale
    return Predictions(z, mean, sd)
