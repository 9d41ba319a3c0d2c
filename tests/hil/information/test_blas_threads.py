"""Linear algebra keeps to one thread while anybody asks for it, and no longer."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.linalg
from threadpoolctl import threadpool_info, threadpool_limits

from hil.information.blas_threads import one_blas_thread


def blas_threads() -> set[int]:
    assert scipy.linalg.norm(np.ones(2)) > 0  # its BLAS is loaded
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_one_thread_inside_and_as_before_outside() -> None:
    with threadpool_limits(3, "blas"):
        before = blas_threads()
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            assert blas_threads() <= {1}
            _ = 1 / 0
        assert blas_threads() == before


def test_a_library_loaded_later_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with one_blas_thread():  # what is loaded by now is known
        pass
    cv2 = pytest.importorskip("cv2", reason="it brings a BLAS of its own; slmsuite brings it")
    assert cv2
    monkeypatch.setitem(sys.modules, "hil_test_loaded_later", sys)
    with threadpool_limits(3, "blas"), one_blas_thread():
        assert blas_threads() <= {1}


def test_those_that_overlap_leave_it_as_the_first_found_it() -> None:
    with threadpool_limits(3, "blas"):
        before = blas_threads()
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert blas_threads() <= {1}
        second.__exit__(None, None, None)
        assert blas_threads() == before


def test_many_at_once() -> None:
    @one_blas_thread()
    def work(n: int) -> float:
        return float(np.linalg.norm(np.ones((n, n)) @ np.ones(n)))

    with threadpool_limits(3, "blas"):
        before = blas_threads()
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(work, [4] * 50)) == [8.0] * 50
        assert blas_threads() == before


def test_any_thread_may_ask_whoever_asked_before() -> None:
    """As the session's own, after the main one has estimated."""

    def inside(_: int) -> set[int]:
        with one_blas_thread():
            return blas_threads()

    with threadpool_limits(3, "blas"):
        before = blas_threads()
        assert inside(0) <= {1}
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(inside, 0).result() <= {1}
            assert inside(0) <= {1}
            assert pool.submit(inside, 0).result() <= {1}
        assert blas_threads() == before
