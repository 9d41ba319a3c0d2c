"""A proposal is a function of (spec, rows, number), whoever asks, and however often he died."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import optuna
import pytest

from hil.proposer import OptunaProposer, SearchPlan
from hil.proposer.attributes import FIELDS_ATTR
from hil.ranking.drift import fit_drift, without_drift
from hil.records.trial import Measured, Proposal, SearchExhausted, TrialRow, TrialState
from hil.spec import (
    AutoSampler,
    CmaesSampler,
    GpSampler,
    GridSampler,
    Nsga2Sampler,
    QmcSampler,
    RandomSampler,
    SearchAxis,
    TpeSampler,
)

AXES = (
    SearchAxis(setting="mirror.z5_nm", low=-100, high=100),
    SearchAxis(setting="focus.z_um", low=-4, high=4, step=0.5),
)
MIXED = (
    *AXES,
    SearchAxis(setting="camera.binning", low=1, high=4),
    SearchAxis(setting="wheel.Label", choices=("red", "green", "blue")),
    SearchAxis(setting="camera.exposure_ms", low=1, high=1000, log=True),
)


class Table:
    """A trial table in memory: what the store does for a proposer."""

    def __init__(self) -> None:
        self.rows: list[TrialRow] = []
        self.attrs: Mapping[str, Any] = {}

    def ask(self, proposer: OptunaProposer) -> Proposal:
        number = len(self.rows)
        proposal = proposer.propose(self.rows, self.attrs, number)
        self.attrs = {**self.attrs, **proposal.study_attrs}
        self.rows.append(
            TrialRow(
                number,
                TrialState.PROPOSED,
                proposal.kind,
                proposal.requested,
                proposal.distributions,
                proposal.sampler_attrs,
                None,
                {},
                {},
                proposal.retry_of,
            )
        )
        return proposal

    def end(self, state: TrialState, number: int = -1, **values: Any) -> None:
        self.rows[number] = replace(self.rows[number], state=state, **values)

    def complete(self, number: int = -1) -> None:
        requested = self.rows[number].requested
        value = -sum(float(v) ** 2 for v in requested.values() if not isinstance(v, str)) / 1e4
        self.end(TrialState.COMPLETE, number, objectives=(value,))


SAMPLERS = [
    TpeSampler(kind="tpe", startup_trials=4),
    GpSampler(kind="gp", startup_trials=4),
    CmaesSampler(kind="cmaes", population_size=4),
    QmcSampler(kind="qmc"),
    RandomSampler(kind="random"),
    Nsga2Sampler(kind="nsga2", population_size=4),
    GridSampler(kind="grid", points=3),
]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: s.kind)
def test_a_new_process_proposes_what_the_old_one_would_have(sampler: Any) -> None:
    plan = SearchPlan(AXES, frozenset(), sampler, seed=3, trials=14)
    table, old = Table(), OptunaProposer(plan)
    for number in range(14):
        fresh = OptunaProposer(plan).propose(table.rows, table.attrs, number)
        proposal = table.ask(old)
        assert proposal == fresh
        if number == 5:
            table.end(TrialState.STALE)
        elif number == 7:
            table.end(TrialState.FAILED)
        else:
            table.complete()


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: s.kind)
def test_proposals_keep_to_their_axes(sampler: Any) -> None:
    plan = SearchPlan(MIXED, frozenset({"camera.binning"}), sampler, seed=1, trials=8)
    table, proposer = Table(), OptunaProposer(plan)
    for _ in range(8):
        requested = table.ask(proposer).requested
        assert -100 <= float(requested["mirror.z5_nm"]) <= 100
        assert float(requested["focus.z_um"]) % 0.5 == 0
        assert requested["camera.binning"] in (1, 2, 3, 4)
        assert isinstance(requested["camera.binning"], int)
        assert requested["wheel.Label"] in ("red", "green", "blue")
        assert 1 <= float(requested["camera.exposure_ms"]) <= 1000
        table.complete()


def test_cmaes_goes_on_and_does_not_restart() -> None:
    plan = SearchPlan(AXES, frozenset(), SAMPLERS[2], seed=3, trials=40)
    table = Table()
    for _ in range(24):
        table.ask(OptunaProposer(plan))  # another process for every trial
        table.complete()
    generations = [row.sampler_attrs.get("cma:generation", -1) for row in table.rows]
    assert max(generations) >= 4
    assert generations == sorted(generations)


def sobol(table: Table) -> list[tuple[float, ...]]:
    return [tuple(float(v) for v in row.requested.values()) for row in table.rows]


def test_qmc_never_repeats_a_point_over_restarts() -> None:
    plan = SearchPlan(AXES[:1], frozenset(), SAMPLERS[3], seed=3, trials=32)
    table = Table()
    for _ in range(32):
        table.ask(OptunaProposer(plan))
        table.complete()
    assert len(set(sobol(table))) == 32


def test_two_controllers_at_once_get_different_points() -> None:
    for sampler in SAMPLERS:
        plan = SearchPlan(AXES, frozenset(), sampler, seed=3, trials=9)
        table, one, two = Table(), OptunaProposer(plan), OptunaProposer(plan)
        for number in range(0, 8, 2):
            assert table.ask(one).requested != table.ask(two).requested, sampler.kind
            table.complete(number + 1)
            table.complete(number)


def test_grid_fills_the_holes_of_dead_processes_and_then_ends() -> None:
    axes = (AXES[0], SearchAxis(setting="wheel.Label", choices=("red", "green")))
    plan = SearchPlan(axes, frozenset(), GridSampler(kind="grid", points=3), seed=2, trials=50)
    table = Table()
    for number in range(6):
        table.ask(OptunaProposer(plan))
        table.end(TrialState.STALE) if number in (1, 4) else table.complete()
    for hole in (1, 4):
        proposal = table.ask(OptunaProposer(plan))
        assert proposal.retry_of == hole
        assert proposal.requested == table.rows[hole].requested
        table.complete()
    done = [row for row in table.rows if row.state is TrialState.COMPLETE]
    points = {(row.requested["mirror.z5_nm"], row.requested["wheel.Label"]) for row in done}
    assert points == {(z, w) for z in (-100.0, 0.0, 100.0) for w in ("red", "green")}
    with pytest.raises(SearchExhausted, match="6 points"):
        table.ask(OptunaProposer(plan))


def test_first_the_present_settings_then_references_in_between() -> None:
    start = {"mirror.z5_nm": 20.0, "focus.z_um": 1.0}
    plan = SearchPlan(
        AXES,
        frozenset(),
        RandomSampler(kind="random"),
        seed=1,
        trials=9,
        start=start,
        reference_every=3,
        reference={"mirror.z5_nm": 0.0, "focus.z_um": 0.0},
    )
    table, proposer = Table(), OptunaProposer(plan)
    for _ in range(9):
        table.ask(proposer)
        table.complete()
    kinds = [row.kind for row in table.rows]
    assert kinds == ["start", *["search"] * 2, "reference", *["search"] * 3, "reference", "search"]
    assert table.rows[0].requested == start


def test_a_start_outside_the_search_space_is_measured_and_not_learnt_from() -> None:
    plan = SearchPlan(
        AXES,
        frozenset(),
        SAMPLERS[0],
        seed=1,
        trials=9,
        start={"mirror.z5_nm": 500.0, "focus.z_um": 0.0},
    )
    table, proposer = Table(), OptunaProposer(plan)
    table.ask(proposer)
    table.complete()
    table.ask(proposer)
    study = proposer.follow(table.rows)
    assert study.trials[0].params == {}
    assert study.trials[0].state.name == "FAIL"


def test_the_sampler_learns_what_its_own_proposal_led_to() -> None:
    def halve(values: Mapping[str, Any]) -> dict[str, Any]:
        return {**values, "mirror.z5_nm": float(values["mirror.z5_nm"]) / 2}

    plan = SearchPlan(AXES, frozenset(), SAMPLERS[0], seed=1, trials=9, repair=halve)
    table, proposer = Table(), OptunaProposer(plan)
    for _ in range(6):
        table.ask(proposer)
        table.complete()
    study = proposer.follow(table.rows)
    learnt = [trial.params["mirror.z5_nm"] for trial in study.trials]
    assert learnt == [2 * float(row.requested["mirror.z5_nm"]) for row in table.rows]
    rebuilt = OptunaProposer(plan).follow(table.rows)
    assert [t.params for t in rebuilt.trials] == [t.params for t in study.trials]


def test_constraints_reach_the_sampler_once_one_was_broken() -> None:
    plan = SearchPlan(AXES, frozenset(), SAMPLERS[0], seed=1, trials=9)
    table, proposer = Table(), OptunaProposer(plan)
    for excess in (-0.1, -0.1, 0.4, -0.1):
        table.ask(proposer)
        table.complete()
        table.end(TrialState.COMPLETE, constraints={"saturated_share": excess})
    study = proposer.follow(table.rows)
    assert [trial.constraints["saturated_share"] for trial in study.trials] == [
        -0.1,
        -0.1,
        0.4,
        -0.1,
    ]
    assert study.best_trial.number != 2


def test_several_objectives() -> None:
    plan = SearchPlan(AXES, frozenset(), SAMPLERS[5], seed=1, trials=9, n_objectives=2)
    table, proposer = Table(), OptunaProposer(plan)
    for _ in range(6):
        proposal = table.ask(proposer)
        z = float(proposal.requested["mirror.z5_nm"])
        table.end(TrialState.COMPLETE, objectives=(z, -z))
    assert len(proposer.follow(table.rows).best_trials) > 1


def test_a_log_grid_is_even_in_the_logarithm() -> None:
    axes = (SearchAxis(setting="camera.exposure_ms", low=1, high=100, log=True),)
    plan = SearchPlan(axes, frozenset(), GridSampler(kind="grid", points=3), seed=2, trials=3)
    table, proposer = Table(), OptunaProposer(plan)
    for _ in range(3):
        table.ask(proposer)
        table.complete()
    values = sorted(float(row.requested["camera.exposure_ms"]) for row in table.rows)
    assert all(math.isclose(a, b) for a, b in zip(values, [1, 10, 100], strict=True))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: sampler.kind)
def test_leaders_come_last_and_the_sampler_does_not_see_them(sampler: Any) -> None:
    plan = SearchPlan(AXES, frozenset(), sampler, seed=3, trials=14, remeasure=3)
    table, proposer = Table(), OptunaProposer(plan)
    for number in range(14):
        proposal = table.ask(proposer)
        assert (proposal.kind == "again") == (number >= 11)
        table.complete()
    best = sorted(table.rows[:11], key=lambda row: -(row.objectives or (0.0,))[0])
    assert {row.retry_of for row in table.rows[11:]} == {row.number for row in best[:3]}
    complete = proposer.follow(table.rows).get_trials(states=[optuna.trial.TrialState.COMPLETE])
    assert len(complete) == len(table.rows) - 3


def test_a_grid_ends_with_its_leaders() -> None:
    plan = SearchPlan(
        AXES, frozenset(), GridSampler(kind="grid", points=2), seed=3, trials=99, remeasure=2
    )
    table, proposer = Table(), OptunaProposer(plan)
    for _ in range(2 * 17 + 2):
        table.ask(proposer)
        table.complete()
    assert [row.kind for row in table.rows[-3:]] == ["search", "again", "again"]
    with pytest.raises(SearchExhausted, match="all 34 points"):
        table.ask(proposer)


def test_two_controllers_do_not_measure_the_same_leader_again() -> None:
    plan = SearchPlan(
        AXES, frozenset(), RandomSampler(kind="random"), seed=3, trials=8, remeasure=2
    )
    table, one, other = Table(), OptunaProposer(plan), OptunaProposer(plan)
    for _ in range(6):
        table.ask(one)
        table.complete()
    leaders = {table.ask(one).retry_of, table.ask(other).retry_of}
    assert len(leaders) == 2


def test_the_sampler_is_told_values_without_drift() -> None:
    """Reference trials lose 0.1 bit from trial to trial; the others as much, at one sensitivity."""
    reference = {"mirror.z5_nm": 5.0, "focus.z_um": 0.0}
    plan = SearchPlan(
        AXES, frozenset(), RandomSampler(kind="random"), seed=3, trials=20, reference_every=2, reference=reference
    )  # fmt: skip
    table, proposer = Table(), OptunaProposer(plan)
    for number in range(9):
        table.ask(proposer)
        bits = 3.0 - 0.1 * (number + 0.5)
        fields = tuple(bits + change for change in (-0.301, -0.1, 0.1, 0.301))
        measured = Measured(bits - 0.1, bits + 0.1, fields, (0.5,), 0.5, 1.0, 0.0)
        table.end(TrialState.COMPLETE, objectives=(bits,), measured=measured)
    table.ask(proposer)
    told = proposer.follow(without_drift(table.rows, fit_drift(table.rows, 0.95)))
    values = [trial.value for trial in told.get_trials(states=[optuna.trial.TrialState.COMPLETE])]
    assert values == pytest.approx([3.0] * 9)
    raw = [row.objectives for row in table.rows[:9]]
    assert raw == [(3.0 - 0.1 * (number + 0.5),) for number in range(9)], "rows stay as measured"
    again = OptunaProposer(plan).propose(table.rows[:9], table.attrs, 9)
    assert again.requested == table.rows[9].requested, "whoever asks, and however often"


def test_a_proposal_that_came_to_nothing_is_forgotten() -> None:
    """A budget refused its trial: asked again for the same rows, the same is proposed."""
    proposer = OptunaProposer(SearchPlan(AXES, frozenset(), SAMPLERS[0], seed=1, trials=9))
    first = proposer.propose([], {}, 0)
    assert proposer.propose([], {}, 0).requested == first.requested


def test_whoever_measured_a_trial_knows_its_fields_and_how_sure_it_is() -> None:
    """What a process is told of its own trials is what another one reads from the rows."""
    plan = SearchPlan(AXES, frozenset(), AutoSampler(kind="auto"), 3, 12, n_fields=4, n_to_search=1)
    table, old = Table(), OptunaProposer(plan)
    for number in range(9):
        fresh = OptunaProposer(plan).propose(table.rows, table.attrs, 8) if number == 8 else None
        assert table.ask(old) == fresh or fresh is None
        field = number // 3
        at = [float(v) / 50 for v in table.rows[-1].requested.values() if not isinstance(v, str)]
        bits = math.exp(-sum(v**2 for v in at)) * (1 + 0.4 * field)  # scenes differ
        measured = Measured(bits - 0.1, bits + 0.1, (bits,), (0.5,), 0.5, 1.0, 0.0, fields=(field,))
        table.end(TrialState.COMPLETE, objectives=(bits,), measured=measured)
    told = old.follow(table.rows).trials
    read = OptunaProposer(plan).follow(table.rows).trials
    assert [trial.user_attrs for trial in told] == [trial.user_attrs for trial in read]
    assert [trial.user_attrs[FIELDS_ATTR] for trial in told] == [[i // 3] for i in range(9)]
