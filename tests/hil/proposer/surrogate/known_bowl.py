"""Trials of a function that is known: a bell in the settings, with noise."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from drivers.types import Value
from hil import spec
from hil.proposer import OptunaProposer, SearchPlan
from hil.records.trial import Measured, TrialRow, TrialState

AXES = tuple(spec.SearchAxis(setting=f"m.z{i}_nm", low=-100, high=100) for i in range(3))
CENTRE = np.array([20.0, -30.0, 10.0])
PEAK = 2.3
NOISE = 0.01


def plan(sampler: spec.SamplerSpec, trials: int = 25, seed: int = 1) -> SearchPlan:
    start = {axis.setting: 0.0 for axis in AXES}
    return SearchPlan(AXES, frozenset(), sampler, seed, trials, start=start)


def truth(settings: Mapping[str, Value]) -> float:
    away = np.array([settings[axis.setting] for axis in AXES], dtype=float) - CENTRE
    return 0.3 + (PEAK - 0.3) * math.exp(-float(away @ away) / 2 / 60**2)


def row(number: int, requested: Mapping[str, Value], value: float, **more: object) -> TrialRow:
    measured = Measured(value - 0.04, value + 0.04, (), (), 0.0, math.nan, float(number))
    known = {
        "state": TrialState.COMPLETE,
        "kind": "search",
        "distributions": {},
        "sampler_attrs": {},
        "objectives": (value,),
        "constraints": {},
        "intermediate": {},
        "measured": measured,
    }
    return TrialRow(number=number, requested=requested, **{**known, **more})  # type: ignore[arg-type]


def searched(sampler: spec.SamplerSpec, trials: int = 25, seed: int = 1) -> list[TrialRow]:
    rng = np.random.default_rng(seed)
    proposer, rows, attrs = OptunaProposer(plan(sampler, trials, seed)), [], {}
    for number in range(trials):
        asked = proposer.propose(rows, attrs, number)
        attrs |= dict(asked.study_attrs)
        value = truth(asked.requested) + NOISE * rng.normal()
        rows.append(
            row(
                number,
                asked.requested,
                value,
                kind=asked.kind,
                distributions=asked.distributions,
                sampler_attrs=asked.sampler_attrs,
            )
        )
    return rows
