from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hil import spec
from hil.proposer.surrogate import Surrogate
from hil.records.what_if import Curve
from hil.replay.what_if.imagined import curve_of, imagine
from hil.session.stopping import TrialCost, stop_rules
from hil.spec.session import Stop
from tests.hil.proposer.surrogate.known_bowl import plan, searched

RANDOM, AUTO = spec.RandomSampler(kind="random"), spec.AutoSampler(kind="auto")
COST = TrialCost(4, lambda values: math.nan)


@pytest.fixture(scope="module")
def model() -> Surrogate:
    return Surrogate(searched(RANDOM, 30), plan(RANDOM))


def run(model: Surrogate, sampler: spec.SamplerSpec, trials: int, stop: Stop) -> object:
    rules = stop_rules(trials, stop, COST)
    world = model.world(0, dict)
    return imagine(model, world, plan(sampler, trials), rules, COST, np.random.default_rng(0))


def test_a_search_ends_by_its_own_rules(model: Surrogate) -> None:
    assert run(model, RANDOM, 9, Stop()).frames == tuple(range(4, 40, 4))
    assert run(model, RANDOM, 9, Stop(frames=18)).frames == (4, 8, 12, 16)
    target = run(model, AUTO, 20, Stop(target=1.5))
    assert "target" in target.reason
    assert len(target.frames) < 20


def test_the_better_sampler_lacks_less(model: Surrogate) -> None:
    auto, chance = (run(model, one, 10, Stop()) for one in (AUTO, RANDOM))
    assert auto.regret[-1] < 0.2
    assert auto.regret[-1] < 0.6 * chance.regret[-1]
    assert auto.regret[0] == pytest.approx(chance.regret[0], rel=1e-9), "both begin at the start"


def test_the_winner_is_followed_without_its_noise(model: Surrogate) -> None:
    rows, world = searched(RANDOM, 8), model.world(1, dict)
    found = curve_of(rows, world, COST, "")
    best = [max(rows[:n], key=lambda row: row.objectives[0]) for n in range(1, 9)]
    wanted = [max(world.optimum - world.value(row.requested), 0) for row in best]
    assert found.regret == pytest.approx(wanted)


def test_time_and_light_end_a_search_and_references_count(model: Surrogate) -> None:
    cost = TrialCost(4, lambda values: 0.5)
    world, rng = model.world(0, dict), np.random.default_rng(0)

    def ran(stop: Stop, every: int = 0) -> Curve:
        wanted = replace(plan(RANDOM, 20), reference_every=every, reference=plan(RANDOM).start)
        return imagine(model, world, wanted, stop_rules(20, stop, cost), cost, rng, 0.25)

    assert ran(Stop(dose_mj=2.2)).frames == (4, 8, 12, 16), "of half a millijoule each"
    timed = ran(Stop(wall_s=2.5))
    assert timed.frames == (4, 8, 12), "a trial of a second that began in time is finished"
    assert "2.5 s" in timed.reason
    assert len(ran(Stop(), every=4).frames) == 20
