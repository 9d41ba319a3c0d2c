"""The closed-form density that predicts fields it has not seen best.

Held-out cross-entropies are compared, never point estimates: a family that bends to its training
data cannot win by it. What slack is left differs between families, so a session takes `best` once
and keeps the family that ``details["chosen"]`` names.

Of integers, only families are compared that give each code a probability (`ON_CODES`). A density
that is read at the integers sums to more than 1 over them where it is narrow, and would win by it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.registry import (
    CrossEntropy,
    PatchEstimator,
    Traits,
    estimators_that,
    find_estimator,
    traits_of,
)
from hil.information.sample.sample import Sample

_TRIAL_SCENES = 800
_FAR_NATS = 0.15  # per pixel: more than a few hundred patches cost a mixture that is right


@dataclass(frozen=True)
class BestEstimator:
    """See the module.

    Parameters
    ----------
    also
        Estimators that are tried beside those that say of themselves that they are compared; those
        that take long are first tried on some hundred patches, and left where they are far behind.
    tuned
        Estimators with options of their own, by name, in place of those found by name.
    name
        What the result calls it.
    """

    also: Sequence[str] = ()
    tuned: Mapping[str, PatchEstimator] = field(default_factory=dict)
    name: str = "best"
    traits = Traits(chooses=True)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Estimators that are all tried."""
        return (*estimators_that(lambda own: own.compared == "always"), *self.also)

    @cached_property
    def slow(self) -> tuple[str, ...]:
        """Estimators that are first tried on some of the patches."""
        return estimators_that(lambda own: own.compared == "if near")

    @cached_property
    def needed_patches(self) -> int:
        """See `PatchEstimator`: what the most modest family needs."""
        return min(self._family(name).needed_patches for name in self.names)

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        found: dict[str, CrossEntropy] = {}
        left_out: dict[str, str] = {}
        for name in (*self.names, *self.slow):
            if sample.discrete and not traits_of(self._family(name)).on_codes:
                left_out[name] = "is no probability on integers"
                continue
            try:
                entropy = self._of_family(name, sample)
            except (InputError, np.linalg.LinAlgError) as error:  # what one cannot, others can
                left_out[name] = str(error)
            else:
                found[name] = entropy
        if not found:
            why = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
            raise InputError("estimator", "", f"no density fits these frames ({why})")
        chosen = min(found, key=lambda name: found[name].upper_nats)
        details = {
            "chosen": chosen,
            "compared_nats": {name: one.upper_nats for name, one in found.items()},
            "left_out": left_out,
        }
        best = found[chosen]
        return replace(best, details=dict(best.details) | details, chosen=chosen)

    def _family(self, name: str) -> PatchEstimator:
        return self.tuned.get(name) or find_estimator(name)

    def _of_family(self, name: str, sample: Sample) -> CrossEntropy:
        family = self._family(name)
        n_patches = sample.n_frames * sample.places.shape[1]
        if family.needed_patches > n_patches:
            raise InputError(
                name, "", f"needs {family.needed_patches} patches, there are {n_patches}"
            )
        if name in self.slow and self._hopeless(family, sample):
            raise InputError(name, "", "is far behind on some of the patches")
        entropy = family.cross_entropy(sample)
        if not math.isfinite(entropy.upper_nats):
            raise InputError(name, "", "gives some patch no probability")
        return entropy

    def _hopeless(self, family: PatchEstimator, sample: Sample) -> bool:
        per_field = sample.patches.shape[1]
        fields = min(sample.n_fields, max(2, _TRIAL_SCENES * sample.n_repeats // per_field))
        some = sample.some(_spread(sample, fields))
        if some.patches.shape[0] * per_field < family.needed_patches:
            return True
        usual = find_estimator("copula" if sample.discrete else "stationary")
        behind = _nats(family.cross_entropy(some)) - _nats(usual.cross_entropy(some))
        return behind > _FAR_NATS


def _spread(sample: Sample, fields: int) -> NDArray[np.intp]:
    """``fields`` of the fields, from first to last."""
    return np.linspace(0, sample.n_fields - 1, fields).astype(np.intp)


def _nats(entropy: CrossEntropy) -> float:
    nats = entropy.upper_nats
    return nats if math.isfinite(nats) else math.inf


ESTIMATOR = BestEstimator()
