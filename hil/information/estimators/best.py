"""The closed-form density that predicts fields it has not seen best.

Held-out cross-entropies are compared, never point estimates: a family that bends to its training
data cannot win by it. What slack is left differs between families, so a session takes `best` once
and keeps the family that ``details["chosen"]`` names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.estimators.registry import CrossEntropy, PatchEstimator, find_estimator
from hil.information.sample import Sample

CLOSED_FORM = ("stationary", "gaussian", "copula", "copula_gaussian", "scale_mixture")
SLOW = ("mixture",)
_TRIAL_SCENES = 800
_FAR_NATS = 0.15  # per pixel: more than a few hundred patches cost a mixture that is right


@dataclass(frozen=True)
class Best:
    """See the module.

    Parameters
    ----------
    names
        Estimators that are all tried.
    slow
        Estimators that are first tried on some hundred patches, and left where they are far behind.
    """

    names: Sequence[str] = CLOSED_FORM
    slow: Sequence[str] = SLOW

    @cached_property
    def needed_patches(self) -> int:
        """See `PatchEstimator`: what the most modest family needs."""
        return min(find_estimator(name).needed_patches for name in self.names)

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        n = sample.patches.shape[0] * sample.patches.shape[1]
        found: dict[str, CrossEntropy] = {}
        for name in (*self.names, *self.slow):
            family = find_estimator(name)
            if family.needed_patches > n or (name in self.slow and self._hopeless(family, sample)):
                continue
            found[name] = family.cross_entropy(sample)
        chosen = min(found, key=lambda name: _nats(found[name]))
        if not math.isfinite(found[chosen].upper_nats):
            raise InputError("estimator", "", "no density fits these frames")
        details = {
            "chosen": chosen,
            "compared_nats": {name: one.upper_nats for name, one in found.items()},
        }
        return replace(found[chosen], details=dict(found[chosen].details) | details)

    def _hopeless(self, family: PatchEstimator, sample: Sample) -> bool:
        per_field = sample.patches.shape[1]
        fields = min(sample.n_fields, max(2, _TRIAL_SCENES * sample.n_repeats // per_field))
        some = sample.some(_spread(sample, fields))
        if some.patches.shape[0] * per_field < family.needed_patches:
            return True
        behind = _nats(family.cross_entropy(some)) - _nats(_stationary().cross_entropy(some))
        return behind > _FAR_NATS


def _spread(sample: Sample, fields: int) -> NDArray[np.intp]:
    """``fields`` of the fields, from first to last."""
    return np.linspace(0, sample.n_fields - 1, fields).astype(np.intp)


def _stationary() -> PatchEstimator:
    return find_estimator("stationary")


def _nats(entropy: CrossEntropy) -> float:
    nats = entropy.upper_nats
    return nats if math.isfinite(nats) else math.inf


ESTIMATOR = Best()
