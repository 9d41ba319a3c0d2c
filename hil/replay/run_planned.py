"""Run a session whose trials are given: the same devices, loop, store and end as any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, rig_noise
from hil.clock import SystemClock
from hil.errors import InputError, SafetyError
from hil.metrics.registry import metrics_of
from hil.records.session import Observer
from hil.rig.rig import Rig
from hil.session.assess import check_estimator, check_objectives
from hil.session.baseline import Baseline, take_baseline
from hil.session.frame_guards import check_guards
from hil.session.lifecycle import drive
from hil.session.planned import Planned
from hil.session.result import SessionResult
from hil.session.run import check_calibration, new_session, resolve_on, show_nothing
from hil.session.search_space import SearchSpace
from hil.session.under_way.setup import SessionSetup
from hil.spec import SessionFile
from hil.store import Database, database_exists, frames_folder, open_database, random_id
from hil.store.frames.place import check_place
from hil.supervision.approach import approached
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import supervised_rig


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What a session of given trials begins with.

    Parameters
    ----------
    file
        The session, as a file that was read.
    planned
        Its trials; made once the rig is open and nothing has moved, so that it may refuse.
    extra
        Stored with the session: its kind, and what it points to.
    baseline
        Fields of view and start; None to take them from the rig.
    noise
        The noise model; None for that of the rig file.
    recorded
        Whether the frames come from a recording: a calibration need not fit the camera of now.
    accept_calibration
        As for `hil.run_session`.
    tags, note
        Stored with the session.
    """

    file: SessionFile
    planned: Callable[[Rig, SearchSpace], Planned]
    extra: Mapping[str, Any]
    baseline: Baseline | None = None
    noise: RigNoise | None = None
    recorded: bool = False
    accept_calibration: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""


def run_planned(
    run: PlannedRun,
    database: str | None,
    *,
    frames: Path | None = None,
    observer: Observer = show_nothing,
    stop: StopSwitch | None = None,
) -> SessionResult:
    """Run it; the rig is parked however it ends.

    Parameters
    ----------
    run
        What is run.
    database, frames, observer, stop
        As for `hil.run_session`.

    Raises
    ------
    InputError, RigHeld, RigError, StoreError
        As for `hil.run_session`.
    """
    clock = SystemClock()
    file = run.file
    check_estimator(file)
    check_guards(file)
    metrics_of(file)
    with ExitStack() as stack:
        approach = stack.enter_context(approached(file.rig, database, clock))
        if file.spec.measure.keep_frames != "none":
            check_place(frames_folder(database, frames=frames))
        existing: Database | None = None
        if database_exists(database, made=True):
            existing = stack.enter_context(open_database(database, frames=frames))
        noise = run.noise or rig_noise(file.rig, existing)
        check_objectives(file, noise.model)
        held = stack.enter_context(
            supervised_rig(file.rig, database, frames, clock, database=existing, approach=approach)
        )
        opened = held.rig
        space = resolve_on(file, opened)
        baseline = _baseline(run, opened, space)
        space = baseline.in_planes(space)
        planned = run.planned(opened, space)
        if not run.recorded:
            accept = run.accept_calibration
            check_calibration(noise, file, opened, space, baseline, accept=accept)
        recorded = held.make_database()
        new = new_session(file, opened, baseline, noise, clock, run.tags, run.note, run.extra)
        setup = SessionSetup(
            file,
            held,
            space,
            baseline.recorded() if run.recorded else baseline,
            replace(noise, calibration=None) if run.recorded else noise,
            recorded,
            random_id(),
            clock,
            accept_calibration=run.accept_calibration,
            planned=planned,
        )
        if run.recorded:  # no hardware has moved that the record must not lag behind
            stack.enter_context(recorded.unsynced())
        return drive(setup, observer, stop or StopSwitch(), new=new)


def _baseline(run: PlannedRun, rig: Rig, space: SearchSpace) -> Baseline:
    known = run.baseline
    if known is None:
        return rig.run(lambda: take_baseline(run.file.spec, space, rig.spec, run.file.path))
    checked = replace(known, planes=()) if run.recorded else known
    rig.run(lambda: checked.check(space.safety, run.file.path))
    return known


def check_within(
    values: Mapping[str, Value], rig: Rig, space: SearchSpace, where: str | Path, key: str
) -> None:
    """Refuse settings of a given trial that a rig would not take, before anything moves.

    Raises
    ------
    InputError
        With `where` and `key`.
    """
    try:
        rig.safety.check(values)
    except SafetyError as error:
        raise InputError(where, key, str(error)) from None
    if problem := rig.safety.joint_problem({**space.present, **space.fixed, **values}):
        raise InputError(where, key, problem)
