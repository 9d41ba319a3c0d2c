"""Estimators of H(Y): one file each, named as the estimator is called.

A module of this package defines ``ESTIMATOR``, an object that fulfils `PatchEstimator`. Adding an
estimator is adding a file; it is imported when it is first asked for, so that heavy libraries load
only where they are used.
"""

from hil.information.estimators.registry import (
    CrossEntropy,
    PatchEstimator,
    estimator_names,
    find_estimator,
    half_sum_weight,
)

__all__ = ["CrossEntropy", "PatchEstimator", "estimator_names", "find_estimator", "half_sum_weight"]
