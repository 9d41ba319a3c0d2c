from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hil import spec
from hil.proposer.surrogate import Surrogate
from hil.records.trial import TrialState
from tests.hil.proposer.surrogate.known_bowl import AXES, CENTRE, PEAK, plan, row, searched, truth

CORNER = {axis.setting: 90.0 for axis in AXES}
RANDOM = spec.RandomSampler(kind="random")


@pytest.fixture(scope="module")
def model() -> Surrogate:
    return Surrogate(searched(RANDOM, 40), plan(RANDOM))


def test_trials_left_out_are_predicted_as_well_as_it_says(model: Surrogate) -> None:
    found = model.left_out()
    assert found.explained > 0.9
    assert found.rms < 0.3 * found.spread
    assert 0.85 <= found.covered <= 1


def test_values_of_chance_are_not_predicted() -> None:
    rng = np.random.default_rng(2)
    rows = [replace(one, objectives=(1 + 0.1 * rng.normal(),)) for one in searched(RANDOM, 40)]
    assert Surrogate(rows, plan(RANDOM)).left_out().explained < 0.2


def test_worlds_hold_the_truth(model: Surrogate) -> None:
    worlds = [model.world(seed, dict) for seed in range(12)]
    optima = [world.optimum for world in worlds]
    assert min(optima) - 0.05 <= PEAK <= max(optima) + 0.05
    there = {axis.setting: float(value) for axis, value in zip(AXES, CENTRE, strict=True)}
    values = [world.value(there) for world in worlds]
    assert min(values) - 0.05 <= truth(there) <= max(values) + 0.05
    assert all(world.optimum >= value - 1e-6 for world, value in zip(worlds, values, strict=True))


def test_fewer_trials_leave_more_worlds() -> None:
    few = Surrogate(searched(RANDOM, 40)[:9], plan(RANDOM))
    many = Surrogate(searched(RANDOM, 40), plan(RANDOM))
    spread = [
        np.std([model.world(seed, dict).value(CORNER) for seed in range(40)])
        for model in (few, many)
    ]
    assert spread[0] > 1.5 * spread[1]


def test_a_world_measures_with_noise_and_tells_the_truth_without(model: Surrogate) -> None:
    world, rng = model.world(3, dict), np.random.default_rng(0)
    settings = {axis.setting: 10.0 for axis in AXES}
    taken = [world.measure(settings, (), rng)[0] for _ in range(200)]
    assert np.mean(taken) == pytest.approx(world.value(settings), abs=5 * np.std(taken) / 14)
    assert 0.001 < np.std(taken) < 0.1


def test_the_optimum_keeps_to_limits_and_constraints() -> None:
    rows = [
        replace(one, constraints={"flux": float(one.requested["m.z0_nm"])})
        for one in searched(RANDOM, 40)
    ]
    bound = Surrogate(rows, plan(RANDOM))
    assert bound.names == ("flux",)
    held = [bound.world(seed, dict).optimum for seed in range(2)]
    limit = truth({"m.z0_nm": 0.0, "m.z1_nm": -30.0, "m.z2_nm": 10.0})
    assert np.median(held) == pytest.approx(limit, rel=0.1)


def test_trials_outside_the_search_and_failed_ones_do_not_count() -> None:
    rows = searched(RANDOM, 12)
    more = [
        replace(rows[0], number=12, state=TrialState.FAILED, objectives=None),
        row(13, {**rows[0].requested, "m.z0_nm": 500.0}, 1.0),
    ]
    assert len(Surrogate([*rows, *more], plan(RANDOM)).rows) == 12
    with pytest.raises(ValueError, match="2 trials"):
        Surrogate(rows[:2], plan(RANDOM))
