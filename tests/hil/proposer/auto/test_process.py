"""The Gaussian process."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from drivers.types import Floats
from hil.proposer.auto.process import Process, telling


def bowl(x: Floats) -> Floats:
    away = x - np.array([0.3, 0.6, 0.55])
    return np.asarray(2.0 - 4 * (away**2).sum(axis=1) - 2 * away[:, 0] * away[:, 1])


def drawn(n: int, seed: int) -> Floats:
    return np.random.default_rng(seed).random((n, 3))


def test_a_parabola_is_known_from_few_points() -> None:
    x = drawn(14, 1)
    model = Process(x, bowl(x), np.ones(14), 3)
    new = drawn(50, 2)
    mean, sd = model.marginals(torch.as_tensor(new))
    found = model.offset + model.scale * mean.numpy()
    assert np.abs(found - bowl(new)).max() < 0.1
    assert np.all(sd.numpy() < 0.5)


def test_what_was_measured_is_known_within_the_noise() -> None:
    x = drawn(30, 3)
    noisy = bowl(x) + np.random.default_rng(4).normal(scale=0.05, size=30)
    model = Process(x, noisy, np.ones(30), 3)
    mean, _ = model.marginals(torch.as_tensor(x))
    found = model.offset + model.scale * mean.numpy()
    assert np.std(found - bowl(x)) < 0.05, "it does not follow the noise"


def test_fields_of_view_are_told_from_settings() -> None:
    x = drawn(30, 5)
    shares = np.eye(3)[np.arange(30) % 3]
    values = bowl(x) + shares @ np.array([0.5, 0.0, -0.5])
    model = Process(np.hstack([x, shares]), values, np.ones(30), 3)
    new = drawn(20, 6)
    mean, _ = model.marginals(torch.as_tensor(np.hstack([new, np.full((20, 3), 1 / 3)])))
    found = model.offset + model.scale * mean.numpy()
    assert np.abs((found - bowl(new)) - (found - bowl(new)).mean()).max() < 0.15


def test_what_settings_do_may_differ_between_fields_of_view() -> None:
    """Two fields whose best settings lie apart: that of both is between, however often each came."""
    x = drawn(44, 5)
    second = np.arange(44) >= 34
    values = bowl(x - 0.15 * second[:, None])
    model = Process(np.hstack([x, np.eye(2)[second.astype(int)]]), values, np.ones(44), 3)
    new = drawn(30, 6)
    for shares in ([1.0, 0.0], [0.0, 1.0], [0.5, 0.5]):
        mean, _ = model.marginals(torch.as_tensor(np.hstack([new, np.tile(shares, (30, 1))])))
        truth = shares[0] * bowl(new) + shares[1] * bowl(new - 0.15)
        off = model.offset + model.scale * mean.numpy() - truth
        assert np.abs(off - off.mean()).max() < 0.2


def test_marginals_are_those_of_the_joint_posterior() -> None:
    x = drawn(10, 7)
    model = Process(x, bowl(x), np.ones(10), 3)
    new = torch.as_tensor(drawn(5, 8))
    joint = model.posterior(new)
    mean, sd = model.marginals(new)
    assert np.allclose(joint.mean.squeeze(-1).numpy(), mean.numpy(), atol=1e-8)
    assert np.allclose(joint.variance.squeeze(-1).sqrt().numpy(), sd.numpy(), atol=1e-3)


def test_what_is_believed_narrows_and_does_not_move() -> None:
    x = drawn(8, 9)
    model = Process(x, bowl(x), np.ones(8), 3, rough=True)
    new = torch.as_tensor(drawn(1, 10))
    before, wide = model.marginals(new)
    model.believe(new, before)
    after, narrow = model.marginals(new)
    assert float(after) == pytest.approx(float(before), abs=1e-3)
    assert float(narrow) < float(wide)


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [0.0, 1e9, 2e9]])
def test_degenerate_values(values: list[float]) -> None:
    x = drawn(3, 11)
    mean, sd = Process(x, np.array(values), np.ones(3), 3).marginals(torch.as_tensor(x))
    assert np.all(np.isfinite(mean.numpy()))
    assert np.all(np.isfinite(sd.numpy()))


def test_the_same_point_measured_twice() -> None:
    x = np.vstack([drawn(4, 12)] * 2)
    mean, _ = Process(x, bowl(x), np.ones(8), 3).marginals(torch.as_tensor(x[:1]))
    assert np.isfinite(float(mean))


def test_rows_that_tell_most_hold_the_best_and_some_of_all() -> None:
    values = np.random.default_rng(13).permutation(100).astype(float)
    rows = telling(values, 20)
    assert len(set(rows)) == 20
    assert set(np.argsort(-values)[:10]) <= set(rows)
    assert rows.min() < 20
    assert rows.max() >= 80
    assert np.array_equal(telling(values, 100), np.arange(100))


def test_a_long_search_is_known_as_well_as_a_short_one() -> None:
    x = drawn(900, 14)
    model = Process(x, bowl(x), np.ones(900), 3)
    new = drawn(50, 15)
    mean, _ = model.marginals(torch.as_tensor(new))
    assert np.abs(model.offset + model.scale * mean.numpy() - bowl(new)).max() < 0.05


def test_settings_of_one_kind_matter_about_as_much_until_trials_say_otherwise() -> None:
    rng = np.random.default_rng(8)
    alike = np.ones(4, dtype=bool)

    def relevances(n: int, steep: float) -> list[float]:
        x = rng.random((n, 4))
        z = -(((x - 0.4) * [steep, 1, 1, 1]) ** 2).sum(axis=1)
        processes = (Process(x, z, np.ones(n), 4, alike=one) for one in (None, alike))
        return [float(np.ptp(p.theta[-4:].numpy())) for p in processes]

    unlike, one_kind = relevances(7, 1.0)
    assert one_kind < unlike
    assert relevances(60, 6.0)[1] > 0.2


def test_it_says_whether_it_knows_how_sure_it_is() -> None:
    """A process that expects a parabola is surprised by two hills, each time anew."""
    x = drawn(24, 11)
    noise = np.random.default_rng(12).normal(scale=0.02, size=24)
    assert Process(x, bowl(x) + noise, np.ones(24), 3).foretold < 1
    second = 4 * np.exp(-((x - (0.8, 0.3, 0.3)) ** 2).sum(axis=1) / 0.12**2)
    two = Process(np.vstack([x, x[:1]]), np.append(bowl(x) + second, 9.0), np.ones(25), 3)
    assert two.foretold > 1


def test_what_others_say_of_a_value_is_what_a_process_without_it_says() -> None:
    x = drawn(12, 13)
    values = bowl(x) + np.random.default_rng(14).normal(scale=0.1, size=12)
    model = Process(x, values, np.ones(12), 3)
    left = []
    for i in range(12):
        others = np.arange(12) != i
        whole = model.kernel(model.theta, model.x, model.x)
        whole = whole + torch.eye(12) * (model.noise + 1e-8)
        weights = torch.linalg.solve(whole[others][:, others], whole[others][:, i])
        variance = whole[i, i] - weights @ whole[others][:, i]
        left.append(float((model.z[i] - weights @ model.z[others]) / variance.sqrt()))
    assert model.foretold == pytest.approx(np.sqrt(np.mean(np.square(left))), rel=1e-4)
