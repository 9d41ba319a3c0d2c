"""Samplers by kind, each with options of its own."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from hil.spec.sampler import GridSampler, SamplerSpec

ANY: TypeAdapter[SamplerSpec] = TypeAdapter(SamplerSpec)


@pytest.mark.parametrize("kind", ["tpe", "gp", "cmaes", "qmc", "random", "nsga2", "grid"])
def test_each_kind_stands_without_options(kind: str) -> None:
    assert ANY.validate_python({"kind": kind}).kind == kind


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "gp", "startup_trials": 0},
        {"kind": "random", "startup_trials": 3},
        {"kind": "nsga2", "population_size": 1},
        {"kind": "qmc", "sequence": "lattice"},
        {"kind": "annealing"},
    ],
)
def test_options_of_another_or_out_of_range_are_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ANY.validate_python(keys)


def test_a_grid_has_points_for_all_or_for_each() -> None:
    assert GridSampler(kind="grid", points={"Z.um": 3}).points == {"Z.um": 3}
    with pytest.raises(ValidationError, match="1 or more"):
        GridSampler(kind="grid", points=0)
    with pytest.raises(ValidationError):
        GridSampler(kind="grid", points={"Z.um": 0})
