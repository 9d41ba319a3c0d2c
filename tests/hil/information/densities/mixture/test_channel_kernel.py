"""Channels are independent given the scene: ln p of a patch is the sum of theirs."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.mixture.channel_kernel import ChannelKernel
from hil.information.densities.mixture.noise_kernel import GaussianKernel, PoissonKernel

RNG = np.random.default_rng(0)
Y = RNG.poisson(9.0, (5, 8)).astype(float)
MU = RNG.uniform(2, 20, (3, 8))


def ln_p(kernel: object, y: np.ndarray, mu: np.ndarray) -> np.ndarray:
    weights, constants = kernel.coefficients(mu)  # type: ignore[attr-defined]
    features, base = kernel.features(y), kernel.base(y)  # type: ignore[attr-defined]
    return np.asarray(features @ weights.T + constants + base[:, None])


def test_two_channels_add() -> None:
    parts = [GaussianKernel(2.0, 9.0, False), PoissonKernel()]
    found = ln_p(ChannelKernel(parts), Y, MU)
    expected = ln_p(parts[0], Y[:, :4], MU[:, :4]) + ln_p(parts[1], Y[:, 4:], MU[:, 4:])
    assert found == pytest.approx(expected)


def test_where_one_channel_is_read_exactly_the_other_is_added() -> None:
    own = np.broadcast_to(MU, (5, 3, 8))
    exact, plain = GaussianKernel(0.4, 9.0, True), PoissonKernel()
    found = ChannelKernel([exact, plain]).exact(Y, own)
    first = exact.exact(Y[:, :4], own[..., :4])
    assert found is not None and first is not None
    assert found == pytest.approx(first + ln_p(plain, Y[:, 4:], MU[:, 4:]))
    assert ChannelKernel([plain, plain]).exact(Y, own) is None
