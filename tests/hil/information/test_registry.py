"""Estimators found by name, and what they promise."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hil.information.estimators import estimator_names, find_estimator, half_sum_weight
from hil.information.estimators.gaussian import wishart_weight


def test_estimators_are_found_by_their_files() -> None:
    assert {"gaussian", "stationary"} <= set(estimator_names())
    assert all(find_estimator(name).needed_patches > 0 for name in estimator_names())


def test_import_loads_numpy_alone() -> None:
    script = "import sys, hil.information, hil.noise; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"scipy", "zarr", "tifffile", "torch", "optuna", "sqlalchemy"}


def test_weights_tend_to_each_other() -> None:
    assert half_sum_weight(5) == pytest.approx(4 / 9)
    assert half_sum_weight(10_000) == pytest.approx(0.5, abs=1e-4)
    assert wishart_weight(16, 1_000_000, 800_000) == pytest.approx(half_sum_weight(5), abs=1e-4)
