"""Sessions begun and gone on with: files, database, rig and calibration, before anything moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, check_before, refuse_moves, rig_noise
from hil.clock import Clock, SystemClock
from hil.errors import HilError, InputError
from hil.metrics.registry import metrics_of
from hil.records.described import described
from hil.records.manifest import manifest, tells_firmware
from hil.records.session import Observer, SessionState, Snapshot
from hil.records.versions import versions
from hil.rig.rig import Rig
from hil.session.assess import check_estimator, check_objectives
from hil.session.baseline import Baseline, take_baseline
from hil.session.by_hand.turns import Turns
from hil.session.frame_guards import check_guards
from hil.session.knowledge.gather import knowledge
from hil.session.knowledge.new_ranges import SEARCH, read_ranges, with_ranges
from hil.session.lifecycle import drive
from hil.session.result import SessionResult, result_of
from hil.session.search_space import SearchSpace, resolve
from hil.session.sequence.plane_noise import calibrations
from hil.session.stored import Confirm, nobody, say_nothing, stored_file
from hil.session.under_way.setup import SessionSetup
from hil.spec import SessionFile, SessionSpec, load_rig_file, load_session_file
from hil.spec.load import check_against_rig
from hil.spec.session import MOST_TRIALS
from hil.supervision.approach import approached, darken_left_lit
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import supervised_rig

if TYPE_CHECKING:
    from hil.store import NewSession


def show_nothing(snapshot: Snapshot) -> None:
    """Observe without a word."""


def run_session(
    path_or_spec: str | Path | SessionSpec | SessionFile,
    database: str | None = None,
    *,
    frames: str | Path | None = None,
    trials: int | None = None,
    rig: str | Path | None = None,
    tags: Sequence[str] = (),
    note: str = "",
    observer: Observer = show_nothing,
    on_start: Callable[[str], None] | None = None,
    accept_calibration: bool = False,
    stop: StopSwitch | None = None,
    clock: Clock | None = None,
    turns: Turns | None = None,
) -> SessionResult:
    """Run a session from its first trial to its end; the rig is parked however it ends.

    Parameters
    ----------
    path_or_spec
        A session file, as a path or read; or a spec, whose rig path is then relative to the
        working folder.
    database
        URL; None means ``$HIL_DATABASE``, else ``sqlite:///hil.db``. Made where it is missing.
    frames
        Folder for frame files; None means ``$HIL_FRAMES``, else ``hil-frames`` by the database.
    trials
        Instead of the number in the file.
    rig
        Another rig file than the one that the session names.
    tags, note
        Stored with the session, beside those of the file.
    observer
        Is shown how the session goes.
    on_start
        Called with the session's id once it is in the database.
    accept_calibration
        Whether a calibration is used that was made for another state of the camera.
    stop
        Pressed by somebody to end the session after its present command.
    clock
        Time.
    turns
        Says when which trial is measured, see `hil.open_session`.

    Raises
    ------
    InputError
        The files are wrong; nothing was written and nothing moved.
    RigHeld
        Another process drives the rig.
    RigError, StoreError
        The rig or the database could not be opened, or the database was lost for good.
    """
    from hil.store import database_exists, frames_folder, open_database, random_id
    from hil.store.frames.place import check_place

    clock = clock or SystemClock()
    folder = None if frames is None else Path(frames)
    file = with_trials(_session_file(path_or_spec, rig), trials)
    check_estimator(file)
    check_guards(file)
    metrics_of(file)
    with ExitStack() as stack:
        approach = stack.enter_context(approached(file.rig, database, clock))
        if file.spec.measure.keep_frames != "none":
            check_place(frames_folder(database, frames=folder))
        existing = None
        if database_exists(database, made=True):
            existing = stack.enter_context(open_database(database, frames=folder))
        noise = rig_noise(file.rig, existing)
        check_objectives(file, noise.model)
        held = stack.enter_context(
            supervised_rig(file.rig, database, folder, clock, database=existing, approach=approach)
        )
        opened = held.rig
        space = resolve_on(file, opened)
        baseline = opened.run(lambda: take_baseline(file.spec, space, opened.spec, file.path))
        space = opened.run(lambda: baseline.bounds(space, file.path))
        known = knowledge(file, opened, space, baseline.start, noise, existing, clock)
        baseline = replace(baseline, known=known)
        check_calibration(noise, file, opened, space, baseline, accept=accept_calibration)
        recorded = held.make_database()
        setup = SessionSetup(
            file,
            held,
            space,
            baseline,
            noise,
            recorded,
            random_id(),
            clock,
            accept_calibration=accept_calibration,
            turns=turns,
        )
        new = new_session(file, opened, baseline, noise, clock, (*file.spec.tags, *tags), note)
        return drive(setup, observer, stop or StopSwitch(), new=new, on_start=on_start)


def resume_session(
    session: str = "last",
    database: str | None = None,
    *,
    frames: str | Path | None = None,
    trials: int | None = None,
    rig: str | Path | None = None,
    search: Sequence[str] = (),
    join: bool = False,
    accept_calibration: bool = False,
    observer: Observer = show_nothing,
    say: Callable[[str], None] = say_nothing,
    confirm: Confirm = nobody,
    stop: StopSwitch | None = None,
    clock: Clock | None = None,
    turns: Turns | None = None,
) -> SessionResult:
    """Go on with a session that was interrupted, or join one that another controller runs.

    The session file is the one stored with the session. Of the limits in the stored rig file and in
    the one that lies in its place now the stricter hold, and an event says what differs.

    Parameters
    ----------
    session
        Id, a unique beginning of one, or ``"last"``.
    rig
        Another rig file than the stored one, which holds as it is; needed to join, since a rig has
        one controller.
    trials
        A new number of trials.
    search
        Ranges to search from now on, ``"mirror.z5_nm=-50..50"`` say, within the rig's limits; what
        was measured in others stays known.
    join
        Whether other controllers may be at work on it.
    accept_calibration
        As for `run_session`.
    say
        Called with a line for each difference between the two rig files.
    confirm
        Asked where the rig file in its place names other devices, or is gone; without it such a
        session is refused.
    database, frames, observer, stop, clock, turns
        As for `run_session`.

    Raises
    ------
    InputError, RigHeld, RigError, StoreError
        As for `run_session`.
    """
    from hil.store import open_database
    from hil.store.frames.place import check_place

    clock = clock or SystemClock()
    folder = None if frames is None else Path(frames)
    ranges = read_ranges(search)
    darken_left_lit(database, clock, rig)
    with ExitStack() as stack:
        recorded = stack.enter_context(open_database(database, frames=folder))
        record = recorded.session(session)
        if record.state is SessionState.COMPLETE and trials is None:
            if ranges:
                raise InputError("--search", "", "the session is COMPLETE, add --trials to go on")
            return result_of(recorded, record.id, record.state, record.reason)
        recorded.read_all(record.id)  # damaged rows are told before a device is opened
        lines: list[str] = []
        stored = stored_file(record, rig, say=lines.append, confirm=confirm)
        for line in lines:
            say(line)
        file = with_trials(stored, trials if trials is not None else record.n_trials)
        file = with_estimator(file, record.estimator)
        check_estimator(file)
        check_guards(file)
        metrics_of(file)
        approach = stack.enter_context(approached(file.rig, database, clock))
        if file.spec.measure.keep_frames != "none":
            check_place(recorded.frames_folder)
        # Another rig has a calibration of its own.
        noise = rig_noise(file.rig, recorded, None if rig else record.calibration_id)
        check_objectives(file, noise.model)
        supervised = supervised_rig(
            file.rig,
            database,
            folder,
            clock,
            database=recorded,
            session_id=record.id,
            approach=approach,
        )
        held = stack.enter_context(supervised)
        opened = held.rig
        changed = {**record.extra.get(SEARCH, {}), **ranges}
        file = opened.run(lambda: with_ranges(file, changed, opened.safety))
        space = resolve_on(file, opened)
        baseline = Baseline.from_json(record.kept("layout"))
        opened.run(lambda: baseline.check(space.safety, file.path))
        space = opened.run(lambda: baseline.bounds(space, file.path))
        check_calibration(noise, file, opened, space, baseline, accept=accept_calibration)
        if lines:
            held.event("rig_file_differs", {"lines": lines})
        if ranges:
            recorded.keep_extra(record.id, SEARCH, changed)
            held.event("search_changed", {"ranges": changed})
        setup = SessionSetup(
            file,
            held,
            space,
            baseline,
            noise,
            recorded,
            record.id,
            clock,
            accept_calibration=accept_calibration,
            resumed=True,
            joined=join,
            turns=turns,
        )
        return drive(setup, observer, stop or StopSwitch())


# --- before anything moves -----------------------------------------------------------------------


def with_trials(file: SessionFile, trials: int | None) -> SessionFile:
    """Return the file with another number of trials.

    Raises
    ------
    InputError
    """
    if trials is None:
        return file
    if not 1 <= trials <= MOST_TRIALS:
        raise InputError("--trials", "", f"{trials}, allowed: 1 or more, up to {MOST_TRIALS}")
    return replace(file, spec=file.spec.model_copy(update={"trials": trials}))


def with_estimator(file: SessionFile, kind: str) -> SessionFile:
    """Return the file with the estimator that its session began with.

    A file that names none means the default of its day, and slack differs between estimators.
    """
    own = file.spec.estimator
    if kind == own.kind:
        return file
    update = {"estimator": own.model_copy(update={"kind": kind})}
    return replace(file, spec=file.spec.model_copy(update=update))


def _session_file(
    source: str | Path | SessionSpec | SessionFile, rig: str | Path | None
) -> SessionFile:
    if isinstance(source, SessionFile):
        return source
    if not isinstance(source, SessionSpec):
        return load_session_file(source, rig)
    rig_file = load_rig_file(rig or source.rig)
    check_against_rig(source, rig_file.spec, "session")
    text = source.model_dump_json(exclude_unset=True)
    return SessionFile(source, text, Path.cwd() / "session", rig_file)


def resolve_on(file: SessionFile, rig: Rig) -> SearchSpace:
    """Check a session against an open rig; nothing moves."""
    return rig.run(lambda: resolve(file.spec, rig.safety, rig.spec, file.path))


def check_calibration(
    noise: RigNoise,
    file: SessionFile,
    rig: Rig,
    space: SearchSpace,
    baseline: Baseline,
    *,
    accept: bool,
) -> None:
    """Refuse a calibration that does not fit, and a session that would move what it is tied to."""
    if noise.calibration is None and not noise.by_entry:
        return
    safety = rig.safety
    moves = [
        (f"search.{i}.setting", name)
        for i, axis in enumerate(space.axes)
        for name in (axis.setting, *_expanded(safety.settings[axis.setting].expands))
    ]
    moves += [(f"measure.fields.{i}", name) for i, f in enumerate(baseline.fields) for name in f]
    moves += [("measure.blank", name) for blank in baseline.blanks for name in blank]
    moves += [("reference.settings", name) for name in space.reference]
    planned = {**safety.targets(rig.spec.setup), **space.fixed}
    for one in calibrations(noise, rig.noise_conditions, baseline.images(), file.path):
        refuse_moves(one, moves, file.path)
        check_before(one, rig, planned, accept=accept)


def _expanded(presets: Mapping[Value, Mapping[str, Value]]) -> list[str]:
    """Names of all settings that presets move."""
    return list(dict.fromkeys(name for values in presets.values() for name in values))


def new_session(
    file: SessionFile,
    rig: Rig,
    baseline: Baseline,
    noise: RigNoise,
    clock: Clock,
    tags: tuple[str, ...],
    note: str,
    extra: Mapping[str, Any] | None = None,
) -> NewSession:
    """Write down what a session begins with."""
    from hil.store import NewSession

    spec = file.spec
    return NewSession(
        name=spec.name,
        rig=rig.spec.name,
        session_text=file.text,
        rig_text=file.rig.text,
        versions=versions(rig.versions),
        seed=spec.seed,
        n_trials=spec.trials,
        objectives=spec.objective.names,
        estimator=spec.estimator.kind,
        at=clock.now(),
        tags=tuple(dict.fromkeys(tags)),
        note=note or spec.note,
        calibration_id=noise.calibration_id,
        extra={
            "layout": baseline.to_json(),
            "session_path": str(file.path),
            "rig_path": str(file.rig.path),
            "manifest": _manifest(file, rig),
            "settings": [described(setting) for setting in rig.settings.values()],
            "binning": _binning(rig),
            **(extra or {}),
        },
    )


def _binning(rig: Rig) -> dict[str, Value]:
    """Read the camera's binning as it stands: frames of trials that do not move it have it."""
    found: dict[str, Value] = {}
    for name, setting in rig.settings.items():
        if setting.role == "binning":
            with suppress(HilError):  # it is for the record only
                found |= rig.read(name)
    return found


def _manifest(file: SessionFile, rig: Rig) -> dict[str, Any]:
    drivers = [{"kind": one.kind, **one.options} for one in rig.spec.driver]
    firmware: dict[str, Value] = {}
    for name, setting in rig.settings.items():
        if setting.read_only and tells_firmware(name):
            with suppress(HilError):  # it is for the record only
                firmware |= rig.read(name)
    return manifest(adapters=rig.versions, firmware=firmware, drivers=drivers, seed=file.spec.seed)
