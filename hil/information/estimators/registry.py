"""What an estimator of H(Y) is, and how it is found by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError, nearest
from hil.information.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """-log q of every patch, nats per pixel.

    Parameters
    ----------
    held_out_nats
        (F, R * T) under a model that never saw the patch's field: in expectation above H(Y).
    in_sample_nats
        (F, R * T) under the model of all fields: below.
    details
        Plain JSON values that the estimator adds to the estimate.
    """

    held_out_nats: Floats
    in_sample_nats: Floats
    details: Mapping[str, Any] = field(default_factory=dict)

    def corrected_nats(self, n_folds: int) -> Floats:
        """Weigh both so that their opposite biases cancel, (F, R * T).

        Held-out is high by c / r, in-sample low by c, where c is half the number of parameters
        over the number of patches (Konishi and Kitagawa) and r = 1 - 1/n_folds the share of the data
        that a fold's model sees; so the weight of held-out is r / (1 + r), a half for many folds.
        """
        share = 1 - 1 / n_folds
        weight = share / (1 + share)
        result: Floats = weight * self.held_out_nats + (1 - weight) * self.in_sample_nats
        return result


class PatchEstimator(Protocol):
    """A family of densities q over patches, fitted to them."""

    @property
    def needed_patches(self) -> int:
        """The least number of patches that a fit makes sense with."""
        ...

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """Fit q and evaluate it, cross-fitted over ``sample.fold``."""
        ...


def estimator_names() -> tuple[str, ...]:
    """All estimators there are, in alphabetical order."""
    package = importlib.import_module(__package__)
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name for name in names if name != "registry"))


def find_estimator(name: str) -> PatchEstimator:
    """Find an estimator by name.

    Raises
    ------
    InputError
        Where there is none, with the nearest name.
    """
    known = estimator_names()
    if name not in known:
        raise InputError("estimator", "", f"no estimator {name!r}: {nearest(name, known)}")
    module = importlib.import_module(f"{__package__}.{name}")
    return cast(PatchEstimator, module.ESTIMATOR)
