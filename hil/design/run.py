"""``hil design``: designs by gradient, measured by the session's own estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from drivers.types import Value
from hil.design.goal import goal_of
from hil.design.uphill import Design, Saw, designs, saw_nothing
from hil.errors import InputError
from hil.records.session import Observer
from hil.records.trial import Proposal
from hil.replay.run_planned import PlannedRun, run_planned
from hil.rig.rig import Rig
from hil.session.baseline import take_baseline
from hil.session.planned import ListedProposer, Planned
from hil.session.result import SessionResult
from hil.session.run import show_nothing
from hil.session.search_space import SearchSpace
from hil.spec import load_session_file
from hil.supervision.stop import StopSwitch


def design_session(
    session: str | Path,
    database: str | None = None,
    *,
    rig: str | Path | None = None,
    starts: int = 16,
    followed: int = 3,
    measured: int = 3,
    frames: Path | None = None,
    note: str = "",
    observer: Observer = show_nothing,
    stop: StopSwitch | None = None,
    said: Callable[[str], None] = lambda line: None,
    saw: Saw = saw_nothing,
) -> SessionResult:
    """Design settings on a simulated rig, and measure the present ones and the best designs.

    Parameters
    ----------
    session
        The session file: search, limits, fields of view, estimator.
    rig
        Another rig file than the session names: a twin.
    starts
        Quasi-random settings that are looked at.
    followed
        How many of them are followed uphill, beside the present settings.
    measured
        How many designs are measured.
    database, frames, note, observer, stop
        As for `hil.run_session`.
    said
        Told how the search goes on.
    saw
        Told of all settings that the search looks at, with their bits per pixel and the number of
        fields of view that tell so.

    Returns
    -------
    SessionResult
        Of a session of kind ``"design"``: trial 0 is where the rig stood, the others are designs.

    Raises
    ------
    InputError
        The files are wrong, or the rig has no gradients; nothing was written and nothing moved.
    RigHeld, RigError, StoreError
        As for `hil.run_session`.
    """
    for key, value in (("--starts", starts), ("--followed", followed), ("--measured", measured)):
        if value < 1:
            raise InputError("hil design", key, f"{value}; allowed: 1 or more")
    file = load_session_file(session, rig)

    def planned(opened: Rig, space: SearchSpace) -> Planned:
        baseline = opened.run(lambda: take_baseline(file.spec, space, opened.spec, file.path))
        goal = goal_of(file.spec, opened, space, baseline.fields, str(file.path))
        start = dict(baseline.start)
        found = designs(
            goal,
            space,
            [start],
            starts=starts,
            followed=followed,
            seed=file.spec.seed,
            said=said,
            saw=saw,
        )[:measured]
        return Planned(ListedProposer(_proposals(start, found), "designs"))

    measure = file.spec.measure
    if measure.fields == "as needed":  # few trials, and each of them is to count
        measure = measure.model_copy(update={"fields": None})
    spec = file.spec.model_copy(update={"trials": measured + 1, "measure": measure})
    run = PlannedRun(replace(file, spec=spec), planned, {"kind": "design"}, note=note)
    return run_planned(run, database, frames=frames, observer=observer, stop=stop)


def _proposals(start: Mapping[str, Value], found: list[Design]) -> list[Proposal]:
    return [
        Proposal("search", dict(one)) for one in (start, *(design.settings for design in found))
    ]
