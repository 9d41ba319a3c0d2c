"""What maps cost: a probability, that knows what it has seen."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hil.information.densities.predictive.map_code import MapCode, contexts, short_nats


def blocks(n: int, side: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.kron(rng.random((n, side // 2, side // 2)) < 0.5, np.ones((1, 2, 2))).astype("f4")


def test_all_maps_of_a_window_have_a_probability_of_one() -> None:
    code = MapCode.fit(contexts(blocks(4, 40)), 3)
    every = np.array(list(product((0, 1), repeat=9)), dtype=np.float32).reshape(-1, 3, 3)
    assert np.exp(-code.cost_nats(contexts(every))).sum() == pytest.approx(1, abs=1e-9)


def test_so_have_those_with_a_map_before_them_and_less_is_to_be_told() -> None:
    first = blocks(4, 40)
    second = first * blocks(4, 40)[::-1]  # only where the first is
    code = MapCode.fit(contexts(second, first), 3, 2)
    every = np.array(list(product((0, 1), repeat=9)), dtype=np.float32).reshape(-1, 3, 3)
    for before in (np.zeros_like(every), np.ones_like(every)):
        costs = code.cost_nats(contexts(every, before))
        assert np.exp(-costs).sum() == pytest.approx(1, abs=1e-9)
    alone, given = (short_nats(second, before) for before in (None, first))
    assert given < 0.9 * alone


def test_blocks_cost_less_than_their_pixels_and_no_less_than_they_hold() -> None:
    code = MapCode.fit(contexts(blocks(8, 128)), 16)
    other = blocks(16, 32)[:, 8:24, 8:24][::-1]
    bits = code.cost_nats(contexts(other)).mean() / np.log(2)
    assert 64 < bits < 0.5 * 256


def test_what_lies_outside_a_window_is_not_known() -> None:
    code = MapCode.fit(contexts(blocks(4, 40)), 4)
    rng = np.random.default_rng(1)
    wide = (rng.random((6, 12, 12)) < 0.5).astype(np.float32)
    other = (rng.random((6, 12, 12)) < 0.5).astype(np.float32)
    other[:, 4:8, 4:8] = wide[:, 4:8, 4:8]
    costs = [code.cost_nats(contexts(one)[:, 4:8, 4:8]) for one in (wide, other)]
    assert costs[0] == pytest.approx(costs[1], abs=1e-12)
