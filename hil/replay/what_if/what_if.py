"""Other searches on a model of a recorded session: what they would have come to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hil.errors import InputError
from hil.proposer.surrogate import Surrogate, World
from hil.ranking.drift import without_drift
from hil.records.trial import TrialRow
from hil.records.what_if import LeftOut, Outcome, WhatIf
from hil.replay.what_if.bands import band_of
from hil.replay.what_if.cases import Case, cases_of
from hil.replay.what_if.imagined import curve_of, imagine
from hil.replay.what_if.stored_space import StoredSearch, stored_search
from hil.session.stopping import TrialCost, stop_rules
from hil.session.stored import check_on_a_rig
from hil.store import Database, SessionRecord

_LEAST_EXPLAINED = 0.3
_LEAST_MORE_TRIALS = 2  # than axes


def what_if(
    database: Database,
    session: str,
    options: Sequence[str],
    *,
    seeds: int = 20,
    trials: int | None = None,
    say: Callable[[str], None] = lambda line: None,
    began: Callable[[LeftOut], None] = lambda found: None,
) -> WhatIf:
    """Try other searches on a model of a recorded one.

    Parameters
    ----------
    database, session
        Where it is; an id, a unique beginning of one, or ``"last"``.
    options
        As of `cases_of`.
    seeds
        How many worlds are drawn; in each, every search runs once with a seed of its own.
    trials
        Another number of trials for all searches.
    say
        Called with a line as it goes on.
    began
        Called with the model's predictive error once it is known, before any search.

    Raises
    ------
    InputError
        An option is wrong, or the session cannot support the question.
    """
    record = database.session(session)
    check_on_a_rig(record)
    short = record.id[:8]
    if not record.state.ended:
        raise InputError("SESSION", short, f"it still runs ({record.state}): stop it first")
    search = stored_search(database, record)
    cases = cases_of(options, search.spec, trials)
    cost = _cost(database, record, search)
    frame_s = _frame_s(database, record, cost, cases)
    _check_light(cost, database.rows(record.id), cases)
    model = _model(database, record, search)
    left_out = model.left_out()
    if problem := supports(model, left_out):
        raise InputError("SESSION", short, f"it cannot support the question: {problem}")
    began(left_out)
    say(f"{seeds} worlds that the trials allow")
    worlds = [model.world(seed, search.space.repair) for seed in range(seeds)]
    rows = without_drift(database.rows(record.id), database.drift(record.id))
    own = tuple(curve_of(rows, world, cost, str(record.reason)) for world in worlds)
    outcomes = [_outcome(case, search, model, worlds, cost, frame_s, say) for case in cases]
    return WhatIf(
        record.id,
        record.name,
        record.objectives[0],
        len(model.rows),
        len(search.space.axes),
        left_out,
        Outcome("as recorded", band_of(own), own),
        tuple(outcomes),
        tuple(world.optimum for world in worlds),
    )


def _model(database: Database, record: SessionRecord, search: StoredSearch) -> Surrogate:
    if len(record.objectives) > 1:
        raise InputError(
            "SESSION", record.id[:8], "it has several objectives, allowed: a session with one"
        )
    rows = without_drift(database.rows(record.id), database.drift(record.id))
    try:
        return Surrogate(rows, search.baseline.plan(search.spec, search.space))
    except ValueError:
        few = "fewer than three trials were measured inside the ranges of its search"
        raise InputError(
            "SESSION", record.id[:8], f"it cannot support the question: {few}"
        ) from None


def supports(model: Surrogate, found: LeftOut) -> str:
    """Say why a session's trials do not tell what others would measure; empty if they do."""
    n, axes = len(model.rows), len(model.axes)
    if n < axes + _LEAST_MORE_TRIALS:
        return f"{n} trials for {axes} settings, allowed: {axes + _LEAST_MORE_TRIALS} or more"
    # a search that crowds about its best leaves the model's own scale little but noise to explain
    if not max(found.explained, found.explained_as_said) >= _LEAST_EXPLAINED:
        return (
            f"trials left out are predicted to {found.rms:.3g} rms where they spread by"
            f" {found.spread:.3g}, hardly better than by their mean"
        )
    return ""


def _cost(database: Database, record: SessionRecord, search: StoredSearch) -> TrialCost:
    """Tell what a trial takes; its light as recorded: a sample may be lit between exposures too."""
    n_places = len(search.baseline.fields) + len(search.baseline.blanks)
    planned = TrialCost(
        n_places * search.spec.measure.repeats, search.space.dose_mj, len(search.baseline.fields)
    )
    shares = [
        row.measured.dose_mj / light
        for row in database.rows(record.id)
        if row.measured is not None and (light := planned.dose_mj(row.requested, row.fields)) > 0
    ]
    share = float(np.nanmedian(shares)) if np.isfinite(shares).any() else 1.0
    return replace(planned, planned_mj=lambda values: share * search.space.dose_mj(values))


def _frame_s(
    database: Database, record: SessionRecord, cost: TrialCost, cases: Sequence[Case]
) -> float:
    """Tell the time a frame, from the trials as they were recorded, seconds.

    Raises
    ------
    InputError
        A rule asks for it, and the trials were not recorded at the speed of any devices.
    """
    if all(case.spec.stop.wall_s is None for case in cases):
        return 0.0
    kind, elsewhere = record.extra.get("kind"), "on" in record.extra
    if kind == "import" or (kind == "replay" and not elsewhere):
        raise InputError(
            "--what-if", "wall_s", f"session {record.id[:8]} did not take its frames itself"
        )
    table = database.trials(record.id)
    rows = database.rows(record.id)
    frames = sum(cost.frames_of(row.fields) for row in rows if row.measured is not None)
    took = table.loc[table["state"] == "COMPLETE", "total_s"]
    return float(took.sum()) / max(frames, 1)


def _check_light(cost: TrialCost, rows: Sequence[TrialRow], cases: Sequence[Case]) -> None:
    """Refuse a bound on light that nobody knows."""
    asked = any(case.spec.stop.dose_mj is not None for case in cases)
    if asked and any(math.isnan(cost.planned_mj(row.requested)) for row in rows):
        raise InputError("--what-if", "dose_mj", "the light of a trial is not known on this rig")


def _outcome(
    case: Case,
    search: StoredSearch,
    model: Surrogate,
    worlds: Sequence[World],
    cost: TrialCost,
    frame_s: float,
    say: Callable[[str], None],
) -> Outcome:
    rules = stop_rules(case.spec.trials, case.spec.stop, cost)
    say(f"{case.name}: {len(worlds)} times {case.spec.trials} trials")
    curves = []
    for seed, world in enumerate(worlds):
        spec = case.spec.model_copy(update={"seed": case.spec.seed + seed + 1})
        plan = search.baseline.plan(spec, search.space)
        rng = np.random.default_rng((spec.seed, 11))
        curves.append(imagine(model, world, plan, rules, cost, rng, frame_s))
    return Outcome(case.name, band_of(curves), tuple(curves))
