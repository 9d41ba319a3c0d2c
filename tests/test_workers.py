"""What the workers of a test run share of the machine."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="no worker among several")
def test_a_worker_computes_on_one_thread() -> None:
    import numpy  # noqa: F401
    import scipy.linalg  # noqa: F401
    import torch
    from threadpoolctl import threadpool_info

    assert {library["num_threads"] for library in threadpool_info()} == {1}
    assert torch.get_num_threads() == 1
