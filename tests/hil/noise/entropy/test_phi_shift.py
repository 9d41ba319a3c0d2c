"""What is added to the mean of phi: parts add, deviations in squares."""

from __future__ import annotations

import pytest

from hil.noise.entropy.phi_shift import PhiShift


def test_parts_add_and_their_deviations_are_independent() -> None:
    found = PhiShift(0.1, 0.3, 0.01) + PhiShift(-0.2, 0.4, 0.02)
    assert (found.nats, found.sd_nats, found.gaussian_gap_nats) == pytest.approx((-0.1, 0.5, 0.03))


def test_nothing_changes_nothing() -> None:
    some = PhiShift(0.1, 0.3, 0.01)
    assert some + PhiShift() == some
    assert some.scaled(1.0) == some
    assert some.scaled(0.0) == PhiShift()
