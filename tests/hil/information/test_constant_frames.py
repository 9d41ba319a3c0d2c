"""Frames of one value say nothing, exactly."""

from __future__ import annotations

import time

from hil.information.constant_frames import constant_estimate


def test_nothing_is_known_and_the_noise_model_is_doubted() -> None:
    found = constant_estimate(100.0, 3, "copula", 0.5, {"saturated"}, time.perf_counter())
    assert (found.bits_per_pixel, found.ci_low, found.ci_high) == (0, 0, 0)
    assert found.flags == ("noise_mismatch", "saturated")
    assert found.details["per_field_bits"] == [0, 0, 0]
    assert found.details["constant_adu"] == 100
    assert found.n_units == 3
