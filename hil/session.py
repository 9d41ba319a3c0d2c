"""Puts rig, estimator, proposer, store and controller together, and takes them apart safely."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hil.calibration.use import RigNoise, check_before, check_now, refuse_moves, rig_noise
from hil.capture import Capture
from hil.clock import SystemClock
from hil.controller import Controller, Ending, LoopSpec, StopSwitch
from hil.device_thread import DeviceThread
from hil.dose import DoseBudget, DoseMeter
from hil.errors import HilError, InputError, SafetyError, StoreError, nearest
from hil.guardian import Guardian, Orders
from hil.holding import hold, lease
from hil.layout import Layout, lay_out
from hil.outcome import SessionResult, best_of, result_of
from hil.ports import Clock, Observer, SessionState, Snapshot, TrialState, Value
from hil.rig import Plan, Rig
from hil.score import SessionEstimator, Surroundings, check_objectives
from hil.search_space import SearchSpace, resolve
from hil.signals import stop_on_signals
from hil.spec import RigFile, RigSpec, SessionFile, SessionSpec, load_rig_file, load_session_file
from hil.spec.load import check_against_rig, parse
from hil.versions import versions

if TYPE_CHECKING:
    from hil.store import Database, SessionRecord, SqlStore

# Device work that takes this much longer than its own timeouts allow counts as a hang.
_GRACE_S = 60.0
# A sample is not lit for longer than this while the database is waited for.
_DARK_AFTER_S = 5.0


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

    Raises
    ------
    InputError
        The files are wrong; nothing was written and nothing moved.
    RigHeld
        Another process drives the rig.
    RigError, StoreError
        The rig or the database could not be opened, or the database was lost for good.
    """
    clock = clock or SystemClock()
    file = with_trials(_session_file(path_or_spec, rig), trials)
    plan = Plan(file.rig)
    _check_estimator(file)
    with ExitStack() as stack:
        existing = _existing_database(database, frames)
        if existing is not None:
            stack.callback(existing.close)
        noise = rig_noise(file.rig, existing)
        check_objectives(file, noise.model)
        stack.enter_context(hold(plan, existing, None, "controller", clock))
        opened = Rig(plan)
        stack.callback(opened.close)
        space = _resolve(file, opened)
        layout = opened.run(lambda: lay_out(file.spec, space, opened.spec, file.path))
        _check_calibration(noise, file, opened, space, layout, accept=accept_calibration)
        if existing is None:
            existing = _new_database(database, frames)
            stack.callback(existing.close)
            stack.enter_context(lease(opened.spec.name, existing, None, "controller", clock))
        session_id = existing.create_session(
            _new_session(file, opened, layout, noise, clock, (*file.spec.tags, *tags), note)
        )
        if on_start is not None:
            on_start(session_id)
        work = _Work(
            file,
            opened,
            space,
            layout,
            noise,
            existing,
            session_id,
            clock,
            database,
            accept_calibration=accept_calibration,
        )
        return _drive(work, observer, stop or StopSwitch())


def resume_session(
    session: str = "last",
    database: str | None = None,
    *,
    frames: str | Path | None = None,
    trials: int | None = None,
    rig: str | Path | None = None,
    join: bool = False,
    accept_calibration: bool = False,
    observer: Observer = show_nothing,
    stop: StopSwitch | None = None,
    clock: Clock | None = None,
) -> SessionResult:
    """Go on with a session that was interrupted, or join one that another controller runs.

    The session and rig files are those stored with the session.

    Parameters
    ----------
    session
        Id, a unique beginning of one, or ``"last"``.
    rig
        Another rig file than the stored one; needed to join, since a rig has one controller.
    trials
        A new number of trials.
    join
        Whether other controllers may be at work on it.
    accept_calibration
        As for `run_session`.
    database, frames, observer, stop, clock
        As for `run_session`.

    Raises
    ------
    InputError, RigHeld, RigError, StoreError
        As for `run_session`.
    """
    clock = clock or SystemClock()
    with ExitStack() as stack:
        opened_database = _database(database, frames)
        stack.callback(opened_database.close)
        record = opened_database.session(session)
        if record.state is SessionState.COMPLETE and trials is None:
            return result_of(opened_database, record.id, record.state, record.reason)
        file = with_trials(
            stored_file(record, rig), trials if trials is not None else record.n_trials
        )
        plan = Plan(file.rig)
        _check_estimator(file)
        # Another rig has a calibration of its own.
        noise = rig_noise(file.rig, opened_database, None if rig else record.calibration_id)
        check_objectives(file, noise.model)
        stack.enter_context(hold(plan, opened_database, record.id, "controller", clock))
        opened = Rig(plan)
        stack.callback(opened.close)
        space = _resolve(file, opened)
        layout = Layout.from_json(record.extra["layout"])
        opened.run(lambda: layout.check(space.safety, file.path))
        _check_calibration(noise, file, opened, space, layout, accept=accept_calibration)
        work = _Work(
            file,
            opened,
            space,
            layout,
            noise,
            opened_database,
            record.id,
            clock,
            database,
            accept_calibration=accept_calibration,
            resumed=True,
            joined=join,
        )
        return _drive(work, observer, stop or StopSwitch())


# --- before anything moves -----------------------------------------------------------------------


def with_trials(file: SessionFile, trials: int | None) -> SessionFile:
    """Return the file with another number of trials.

    Raises
    ------
    InputError
    """
    if trials is None:
        return file
    if trials < 1:
        raise InputError("--trials", "", f"{trials}, allowed: 1 or more")
    return replace(file, spec=file.spec.model_copy(update={"trials": trials}))


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


def stored_file(record: SessionRecord, rig: str | Path | None) -> SessionFile:
    """Build the files of a session from what the database kept of them."""
    path = Path(record.extra["session_path"])
    if record.session_text.startswith("{"):
        spec = SessionSpec.model_validate_json(record.session_text)
    else:
        spec = parse(SessionSpec, record.session_text, path)
    if rig is not None:
        rig_file = load_rig_file(rig)
    else:
        rig_path = Path(record.extra["rig_path"])
        rig_file = RigFile(parse(RigSpec, record.rig_text, rig_path), record.rig_text, rig_path)
    check_against_rig(spec, rig_file.spec, path)
    return SessionFile(spec, record.session_text, path, rig_file)


def _check_estimator(file: SessionFile) -> None:
    from hil.information import estimator_names

    kind = file.spec.estimator.kind
    if kind not in estimator_names():
        raise InputError(
            file.path, "estimator.kind", f"{kind!r}, {nearest(kind, estimator_names())}"
        )


def _folder(frames: str | Path | None) -> Path | None:
    return None if frames is None else Path(frames)


def _database(url: str | None, frames: str | Path | None) -> Database:
    from hil.store import open_database

    return open_database(url, frames=_folder(frames))


def _existing_database(url: str | None, frames: str | Path | None) -> Database | None:
    from hil.store import database_exists

    return _database(url, frames) if database_exists(url) else None


def _new_database(url: str | None, frames: str | Path | None) -> Database:
    from hil.store import open_database

    return open_database(url, frames=_folder(frames), create=True)


def _resolve(file: SessionFile, rig: Rig) -> SearchSpace:
    return rig.run(lambda: resolve(file.spec, rig.safety, rig.spec, file.path))


def _check_calibration(
    noise: RigNoise,
    file: SessionFile,
    rig: Rig,
    space: SearchSpace,
    layout: Layout,
    *,
    accept: bool,
) -> None:
    """Refuse a calibration that does not fit, and a session that would move what it is tied to."""
    if noise.calibration is None:
        return
    safety = rig.safety
    moves = [
        (f"search.{i}.setting", name)
        for i, axis in enumerate(space.axes)
        for name in (axis.setting, *_expanded(safety.settings[axis.setting].expands))
    ]
    moves += [(f"measure.fields.{i}", name) for i, f in enumerate(layout.fields) for name in f]
    moves += [("measure.blank", name) for blank in layout.blanks for name in blank]
    moves += [("reference.settings", name) for name in space.reference]
    refuse_moves(noise.calibration, moves, file.path)
    planned = {**safety.targets(rig.spec.setup), **space.fixed}
    check_before(noise.calibration, rig, planned, accept=accept)


def _expanded(presets: Mapping[Value, Mapping[str, Value]]) -> list[str]:
    """Names of all settings that presets move."""
    return list(dict.fromkeys(name for values in presets.values() for name in values))


def _new_session(
    file: SessionFile,
    rig: Rig,
    layout: Layout,
    noise: RigNoise,
    clock: Clock,
    tags: tuple[str, ...],
    note: str,
) -> Any:
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
            "layout": layout.to_json(),
            "session_path": str(file.path),
            "rig_path": str(file.rig.path),
        },
    )


# --- the session itself --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything that a session stands on."""

    file: SessionFile
    rig: Rig
    space: SearchSpace
    layout: Layout
    noise: RigNoise
    database: Database
    session_id: str
    clock: Clock
    url: str | None
    accept_calibration: bool = False
    resumed: bool = False
    joined: bool = False


def _drive(work: _Work, observer: Observer, stop: StopSwitch) -> SessionResult:
    thinker = DeviceThread("hil-estimates")
    with ExitStack() as stack:
        stack.callback(thinker.close, wait=False)
        stack.enter_context(stop_on_signals(stop.press))
        guardian = _guardian(work)
        stack.callback(guardian.farewell)
        capture = _capture(work)
        store = work.database.store(
            work.session_id,
            controller=work.rig.spec.name,
            keep_frames=work.file.spec.measure.keep_frames,
            resumed=work.resumed and not work.joined,
            clock=work.clock,
            on_delay=_Delay(guardian, work.rig, capture),
        )
        stack.callback(store.close)
        try:
            ending = _run_trials(work, capture, store, thinker, guardian, observer, stop)
        except BaseException as error:
            _end(work, store, Ending(SessionState.FAILED, _brief(error)), after=error)
            raise
        _end(work, store, ending, after=None)
    return result_of(work.database, work.session_id, ending.state, ending.reason)


def _capture(work: _Work) -> Capture:
    spec, rig = work.file.spec, work.rig
    return Capture(
        rig.safety,
        rig.camera,
        work.layout.fields,
        spec.measure.repeats,
        rig.spec.frame_timeout_s,
        work.clock,
        rig.spec.setup,
        blanks=work.layout.blanks,
        meter=rig.run(lambda: _meter(work)),
        device_s=rig.device_s,
    )


def _meter(work: _Work) -> DoseMeter:
    light = work.space.budget.light
    present = work.rig.safety.read(light.settings) if light else {}
    return DoseMeter(light, present, work.rig.device_s)


def _run_trials(
    work: _Work,
    capture: Capture,
    store: SqlStore,
    thinker: DeviceThread,
    guardian: Guardian,
    observer: Observer,
    stop: StopSwitch,
) -> Ending:
    from hil.proposer import OptunaProposer

    spec, rig, clock = work.file.spec, work.rig, work.clock
    if work.resumed:
        store.session_state(SessionState.RUNNING, clock.now(), "resumed")
    if rig.spec.setup:
        store.event("setup", clock.now(), dict(rig.spec.setup))
        rig.run(capture.set_up, guardian.beat)
    _confirm_calibration(work, store)
    noise, space = work.noise, work.space
    around = Surroundings(space.excess, space.dose_mj, space.pixel_um2)
    controller = Controller(
        LoopSpec(spec.trials, spec.seed, spec.stop, space.fixed, _dose_budget(work)),
        capture=capture,
        devices=rig.thread,
        thinker=thinker,
        store=store,
        proposer=OptunaProposer(work.layout.plan(spec, work.space)),
        estimator=SessionEstimator(
            spec,
            lambda settings: noise.under(rig.safety.noise_entries(settings)),
            around,
            _chosen(work),
            noise.variance_relative_sd,
        ),
        clock=clock,
        stop=stop,
        beat=guardian.beat,
        observer=observer,
        best=best_of(work.database, work.session_id) if work.resumed else None,
    )
    controller.recover()
    return controller.run()


def _confirm_calibration(work: _Work, store: SqlStore) -> None:
    """Compare the calibration with the camera as the trials are going to have it."""
    calibration, rig, clock = work.noise.calibration, work.rig, work.clock
    if calibration is None:
        return
    held = {n: v for n, v in work.space.fixed.items() if n in calibration.tie.settings}
    if held:
        rig.apply(held)
    found = check_now(calibration, rig, accept=work.accept_calibration)
    if found:
        said = {"calibration": calibration.id, "differences": [str(item) for item in found]}
        store.event("calibration_accepted", clock.now(), said)


def _dose_budget(work: _Work) -> DoseBudget | None:
    limit_mj = work.file.spec.stop.dose_mj
    return None if limit_mj is None else DoseBudget(limit_mj, work.space.dose_mj)


def _chosen(work: _Work) -> str:
    """Tell which estimator ``best`` chose before the session was interrupted."""
    if not (work.resumed and work.file.spec.estimator.kind.startswith("best")):
        return ""
    found = (
        details.get("chosen") for details in work.database.estimates(work.session_id)["details"]
    )
    return next((str(name) for name in found if name), "")


def _end(work: _Work, store: SqlStore, ending: Ending, after: BaseException | None) -> None:
    """Move to where the file says, park, and write down how it ended.

    After an error of the database the lamp comes before the record.
    """
    clock = work.clock
    recordable = not isinstance(after, StoreError)
    if after is None:
        _last_move(work, store)
    if recordable:
        recordable = _recorded(lambda: store.event("park", clock.now(), {"reason": ending.reason}))
    problems = work.rig.park()
    if problems:
        said = {problem.setting: problem.message for problem in problems}
        _recorded(lambda: store.event("park_failed", clock.now(), said))
    alone = not any(alive for _, _, alive in _open_trials(store))
    if alone:
        _recorded(lambda: store.session_state(ending.state, clock.now(), ending.reason))
    if recordable:
        _recorded(lambda: _record_drift(work, store))
    if problems and after is None:
        raise HilError(
            "the rig could not be parked: "
            + "; ".join(f"{p.setting}: {p.message}" for p in problems)
        )


def _record_drift(work: _Work, store: SqlStore) -> None:
    """Write down what the reference trials have shown."""
    drift = work.database.drift(work.session_id, work.file.spec.estimator.confidence)
    if drift is not None:
        store.event("drift", work.clock.now(), drift.to_json())


def _open_trials(store: SqlStore) -> Sequence[tuple[Any, TrialState, bool]]:
    try:
        return store.open_trials()
    except Exception:  # the database is away; the session's state is then written or not, as it can
        return ()


def _recorded(write: Callable[[], None]) -> bool:
    """Write something that must not keep the rig from its safe state; whether it was written."""
    try:
        write()
    except StoreError:
        return False
    return True


def _last_move(work: _Work, store: SqlStore) -> None:
    """Go to where the session's ``at_end`` says; a fault there does not undo the session."""
    target: Mapping[str, Value] = {}
    if work.file.spec.at_end == "restore":
        target = work.layout.before
    elif work.file.spec.at_end == "best":
        target = _best_requested(work)
    if not target:
        return
    try:
        store.event("move", work.clock.now(), {"why": work.file.spec.at_end, "to": dict(target)})
        work.rig.apply(target)
    except (SafetyError, HilError) as error:
        problem = str(error)
        _recorded(lambda: store.event("move_failed", work.clock.now(), {"why": problem}))


def _best_requested(work: _Work) -> Mapping[str, Value]:
    best = best_of(work.database, work.session_id)
    if best is None:
        return {}
    requested = work.database.rows(work.session_id)[best.number].requested
    return {**work.space.fixed, **requested}


def _guardian(work: _Work) -> Guardian:
    import psutil

    process = psutil.Process()
    orders = Orders(
        rig_path=str(work.file.rig.path),
        rig_text=work.file.rig.text,
        database=work.url,
        frames=str(work.database.frames_folder),
        session_id=work.session_id,
        pid=process.pid,
        created=process.create_time(),
    )
    allowance_s = _allowance_s(work)
    return Guardian(orders, lambda: work.rig.thread.busy_s() < allowance_s)


def _allowance_s(work: _Work) -> float:
    """How long one command to the devices may take before it counts as a hang, seconds."""
    spec, rig = work.file.spec, work.rig
    exposure = work.space.budget.exposure
    ranges = [axis.high or 0.0 for axis in spec.search if axis.setting == exposure]
    held = [work.space.fixed.get(exposure), work.layout.start.get(exposure), *ranges]
    exposures_ms = [float(value) for value in held if value is not None]
    if not exposures_ms and exposure:
        exposures_ms = [float(rig.read(exposure)[exposure])]
    frame_s = max(exposures_ms, default=0.0) / 1000 + rig.spec.frame_timeout_s
    settle_s = sum(limit.timeout_s + limit.settle_ms / 1000 for limit in rig.spec.limits.values())
    return _GRACE_S + 3 * settle_s + spec.measure.repeats * frame_s


class _Delay:
    """While the database is away the session waits: patiently, and before long in the dark."""

    def __init__(self, guardian: Guardian, rig: Rig, capture: Capture) -> None:
        self._guardian = guardian
        self._rig = rig
        self._capture = capture

    def __call__(self, waited_s: float, why: str) -> None:
        self._guardian.beat()
        if waited_s > _DARK_AFTER_S:
            self._rig.run(self._capture.rest, self._guardian.beat)


def _brief(error: BaseException) -> str:
    return str(error) if isinstance(error, HilError) else f"{type(error).__name__}: {error}"
