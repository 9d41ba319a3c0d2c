"""Histograms of ADU: the same whatever the dtype, added up, faded, and never too wide."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from hil.noise.entropy.histogram import AduCounts, joined


class Case(NamedTuple):
    says: str
    pixels: np.ndarray


RNG = np.random.default_rng(0)
CASES = [
    Case("8 bit", RNG.integers(0, 256, (3, 40, 50)).astype(np.uint8)),
    Case("16 bit, more than one chunk", RNG.integers(90, 65536, 300_000).astype(np.uint16)),
    Case("negative", RNG.integers(-20, 20, 999).astype(np.int32)),
    Case("integers in floats", RNG.integers(1000, 1010, 99).astype(np.float64)),
    Case("one value", np.full((7, 7), 4000, np.uint16)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_every_pixel_is_counted_once(case: Case) -> None:
    found = AduCounts.of(case.pixels)
    assert found is not None
    adu, counts = np.unique(case.pixels, return_counts=True)
    seen = found.counts > 0
    assert found.adu[seen].tolist() == adu.tolist()
    assert found.counts[seen].tolist() == counts.tolist()
    assert found.mean(found.adu**2.0) == pytest.approx(np.mean(case.pixels.astype(float) ** 2))


def test_adding_counts_all_pixels_and_scaling_weighs_them() -> None:
    dim, bright = RNG.integers(3, 9, 50), RNG.integers(70, 90, 80)
    a, b = AduCounts.of(dim), AduCounts.of(bright)
    both = joined(a, b)
    assert a is not None and b is not None and both is not None
    whole = AduCounts.of(np.concatenate([dim, bright]))
    assert whole is not None
    assert both.first_adu == whole.first_adu
    assert both.counts.tolist() == whole.counts.tolist()
    assert (a + b.scaled(0.5)).n == pytest.approx(50 + 40)


def test_adu_far_apart_are_not_counted() -> None:
    near, far = np.array([0, 5]), np.array([2**30, 2**30 + 5])
    assert AduCounts.of(np.concatenate([near, far])) is None
    assert joined(AduCounts.of(near), AduCounts.of(far)) is None
    assert joined(AduCounts.of(near), None) is None
