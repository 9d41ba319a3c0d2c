"""Estimators of H(Y): one file each, named as the estimator is called.

A module of this package defines ``ESTIMATOR``, an object that fulfils `PatchEstimator`; see
`hil.information.registry`. Adding an estimator is adding a file. May import the densities,
`hil.information.sample`, `hil.noise` and the registry.
"""

from hil.information.registry import (
    CrossEntropy,
    PatchEstimator,
    Traits,
    estimator_names,
    find_estimator,
    half_sum_weight,
)

__all__ = [
    "CrossEntropy",
    "PatchEstimator",
    "Traits",
    "estimator_names",
    "find_estimator",
    "half_sum_weight",
]
