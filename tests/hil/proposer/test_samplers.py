"""Seeds of asks, and the points of a grid."""

from __future__ import annotations

from hil.proposer.samplers import ask_seed, grid_of, grid_size
from hil.spec import GridSampler, SearchAxis

AXES = (
    SearchAxis(setting="focus.z_um", low=-1, high=1),
    SearchAxis(setting="camera.binning", low=1, high=2),
    SearchAxis(setting="wheel.Label", choices=("red", "green")),
)


def test_each_ask_has_a_seed_of_its_own_that_stays() -> None:
    seeds = [ask_seed(seed, number) for seed in range(10) for number in range(10)]
    assert len(set(seeds)) == 100
    assert ask_seed(3, 4) == seeds[34]


def test_a_grid_has_integers_once_each() -> None:
    sampler, integers = GridSampler(kind="grid", points=5), frozenset({"camera.binning"})
    grid = grid_of(sampler, AXES, integers)
    assert grid["focus.z_um"] == [-1, -0.5, 0, 0.5, 1]
    assert grid["camera.binning"] == [1, 2]
    assert set(grid["wheel.Label"]) == {"red", "green"}
    assert grid_size(sampler, AXES, integers) == 5 * 2 * 2
