"""The network sees the past alone, and what it gives is a distribution."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch

from hil.information.densities.neural.binned_mixture import log_density, log_probability
from hil.information.densities.neural.coding import Alphabet, PatchCoding, fit_coding
from hil.information.densities.neural.network import Network, NetworkShape
from hil.information.densities.neural.training import (
    Tensors,
    patch_nats,
)
from tests.hil.information.densities.neural.tiny import REAL, TINY, P


def busy(shape: NetworkShape, seed: int = 0) -> Network:
    """A network none of whose weights is zero."""
    draw = torch.Generator().manual_seed(seed)
    network = Network(shape, draw)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=draw)
    network.knows_scenes.fill_(True)
    return network


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("labels", [0, 2])
def test_entries_see_the_past_alone(channels: int, labels: int) -> None:
    network = busy(replace(TINY, channels=channels, labels=labels))
    size = P * P * channels
    values = [torch.randn(1, size, requires_grad=True) for _ in range(3)]
    x, linear, z = values
    label = torch.tensor([1]) if labels else None
    seen = torch.zeros(size, size)
    sees_prediction = torch.zeros(size, size)
    log_pi, mu, s = network(x, linear, z, label)
    for i in range(size):
        total = (log_pi + mu + s)[:, i].sum()
        found = torch.autograd.grad(total, values, retain_graph=True, allow_unused=True)
        seen[i] = sum(g.abs()[0] for g in (found[0], found[2]) if g is not None)
        sees_prediction[i] = found[1].abs()[0]
    # of the linear predictions, its own is allowed: that is made of earlier values alone
    assert torch.count_nonzero(seen.triu()) == 0
    assert torch.count_nonzero(sees_prediction - sees_prediction.diag().diag()) == 0
    # and nothing of the past goes unseen
    assert torch.count_nonzero(seen) == size * (size - 1) // 2


class Values(NamedTuple):
    says: str
    lowest: int
    highest: int
    mean: float


@pytest.mark.parametrize(
    "case",
    [
        Values("clipped at both ends", 0, 7, 3.5),
        Values("mostly clipped", 0, 5, 4.8),
        Values("dark", 0, 30, 0.4),
    ],
    ids=lambda case: case.says,
)
def test_probabilities_sum_to_one_over_all_values(case: Values) -> None:
    rng = np.random.default_rng(2)
    y = np.clip(rng.poisson(case.mean, (400, P * P)), case.lowest, case.highest)
    alphabet = Alphabet(True, case.lowest, case.highest)
    network = busy(TINY)
    # the last pixel of a patch takes each value; what it follows stays
    every = np.repeat(y[:1], case.highest - case.lowest + 1, axis=0)
    every[:, -1] = np.arange(case.lowest, case.highest + 1)
    for coding in fit_coding(
        y.astype(np.float32), y[:100].astype(np.float32), alphabet, P, channels=1
    ):
        patches = Tensors.of(coding.encode(every.astype(np.float32)), torch.device("cpu"))
        with torch.no_grad():
            log_pi, mu, s = network(patches.x, patches.linear, patches.z)
            assert patches.below is not None and patches.above is not None
            last = slice(P * P - 1, None, P * P)
            ends = (values.reshape(-1)[last] for values in (patches.below, patches.above))
            log_p = log_probability(
                patches.z.reshape(-1)[last], *ends, log_pi[:, last], mu[:, last], s[:, last]
            )
        assert float(log_p.double().exp().sum()) == pytest.approx(1, abs=2e-5)


def test_densities_integrate_to_one() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(0, 5, (300, P * P)).astype(np.float32)
    (coding,) = fit_coding(y, y[:50], REAL, P, channels=1)
    line = np.linspace(-80, 80, 4001, dtype=np.float32)
    every = np.repeat(y[:1], line.size, axis=0)
    every[:, -1] = line
    network = busy(TINY)
    with torch.no_grad():
        nats = patch_nats(network, Tensors.of(coding.encode(every), torch.device("cpu")))
        alone = patch_nats_of_all_but_the_last(network, coding, y[:1])
    density = np.exp(alone - nats.double().numpy())
    assert np.trapezoid(density, line) == pytest.approx(1, abs=1e-3)


def patch_nats_of_all_but_the_last(network: Network, coding: PatchCoding, y: np.ndarray) -> float:
    """-log q of a patch's entries but the last."""
    patches = Tensors.of(coding.encode(y), torch.device("cpu"))
    log_f = log_density(patches.z.reshape(-1), *network(patches.x, patches.linear, patches.z))
    return float(-log_f[:-1].double().sum() - coding.start.log_slope[:-1].sum())
