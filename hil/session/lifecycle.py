"""A session under way: the guardian beside it, threads, the loop of trials, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, check_now
from hil.clock import Clock
from hil.errors import HilError, SafetyError, StoreError
from hil.records.session import Observer, SessionState
from hil.records.trial import TrialState
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.rig.light import DoseMeter
from hil.rig.rig import Rig
from hil.session.assess import SessionAssessor, Surroundings
from hil.session.baseline import Baseline
from hil.session.controller import Controller, LoopSpec
from hil.session.result import SessionResult, best_of, result_of
from hil.session.search_space import SearchSpace
from hil.session.stopping import Ending, TrialCost, stop_rules
from hil.spec import SessionFile
from hil.supervision.guardian import Guardian, Orders
from hil.supervision.stop import StopSwitch, stop_on_signals

if TYPE_CHECKING:
    from hil.store import Database, SqlStore

# Device work that takes this much longer than its own timeouts allow counts as a hang.
_GRACE_S = 60.0
# A sample is not lit for longer than this while the database is waited for.
_DARK_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class SessionSetup:
    """Everything that a session stands on.

    Parameters
    ----------
    file, rig, space, baseline, noise
        What is run, where, over what, from where, and with which noise model.
    database, session_id, url
        Where it is recorded; the guardian opens it by its URL.
    clock
        Time.
    accept_calibration
        Whether a calibration that no longer fits is used all the same.
    resumed, joined
        Whether it goes on with an earlier process's trials, or beside another's.
    """

    file: SessionFile
    rig: Rig
    space: SearchSpace
    baseline: Baseline
    noise: RigNoise
    database: Database
    session_id: str
    clock: Clock
    url: str | None
    accept_calibration: bool = False
    resumed: bool = False
    joined: bool = False


def drive(work: SessionSetup, observer: Observer, stop: StopSwitch) -> SessionResult:
    """Run a session's trials to their end, park, and write down how it ended.

    Parameters
    ----------
    work
        What it stands on; the rig is held.
    observer
        Is shown how it goes.
    stop
        Pressed to end it; signals press it too.

    Raises
    ------
    HilError
        The rig or the database failed for good, or the rig could not be parked.
    """
    thinker = WorkerThread("hil-estimates")
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


def _capture(work: SessionSetup) -> Capture:
    spec, rig = work.file.spec, work.rig
    return Capture(
        rig.safety,
        rig.camera,
        work.baseline.fields,
        spec.measure.repeats,
        rig.spec.frame_timeout_s,
        work.clock,
        rig.spec.setup,
        blanks=work.baseline.blanks,
        meter=rig.run(lambda: _meter(work)),
        device_s=rig.device_s,
    )


def _meter(work: SessionSetup) -> DoseMeter:
    light = work.space.budget.light
    present = work.rig.safety.read(light.settings) if light else {}
    return DoseMeter(light, present, work.rig.device_s)


def _run_trials(
    work: SessionSetup,
    capture: Capture,
    store: SqlStore,
    thinker: WorkerThread,
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
        rig.run(capture.set_up, guardian.heartbeat)
    _confirm_calibration(work, store)
    noise, space = work.noise, work.space
    around = Surroundings(space.excess, space.dose_mj, space.pixel_um2)
    cost = TrialCost(capture.n_places * capture.repeats, space.dose_mj)
    rules = stop_rules(spec.trials, spec.stop, cost)
    controller = Controller(
        LoopSpec(spec.trials, spec.seed, rules, space.fixed),
        capture=capture,
        devices=rig.thread,
        thinker=thinker,
        store=store,
        proposer=OptunaProposer(work.baseline.plan(spec, work.space)),
        estimator=SessionAssessor(
            spec,
            lambda settings: noise.under(rig.safety.noise_entries(settings)),
            around,
            _chosen(work),
            noise.variance_relative_sd,
        ),
        clock=clock,
        stop=stop,
        heartbeat=guardian.heartbeat,
        observer=observer,
        best=best_of(work.database, work.session_id) if work.resumed else None,
    )
    controller.recover()
    return controller.run()


def _confirm_calibration(work: SessionSetup, store: SqlStore) -> None:
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


def _chosen(work: SessionSetup) -> str:
    """Tell which estimator ``best`` chose before the session was interrupted."""
    if not (work.resumed and work.file.spec.estimator.kind.startswith("best")):
        return ""
    found = (
        details.get("chosen") for details in work.database.estimates(work.session_id)["details"]
    )
    return next((str(name) for name in found if name), "")


def _end(work: SessionSetup, store: SqlStore, ending: Ending, after: BaseException | None) -> None:
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


def _record_drift(work: SessionSetup, store: SqlStore) -> None:
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


def _last_move(work: SessionSetup, store: SqlStore) -> None:
    """Go to where the session's ``at_end`` says; a fault there does not undo the session."""
    target: Mapping[str, Value] = {}
    if work.file.spec.at_end == "restore":
        target = work.baseline.before
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


def _best_requested(work: SessionSetup) -> Mapping[str, Value]:
    best = best_of(work.database, work.session_id)
    if best is None:
        return {}
    requested = work.database.rows(work.session_id)[best.number].requested
    return {**work.space.fixed, **requested}


def _guardian(work: SessionSetup) -> Guardian:
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


def _allowance_s(work: SessionSetup) -> float:
    """How long one command to the devices may take before it counts as a hang, seconds."""
    spec, rig = work.file.spec, work.rig
    exposure = work.space.budget.exposure
    ranges = [axis.high or 0.0 for axis in spec.search if axis.setting == exposure]
    held = [work.space.fixed.get(exposure), work.baseline.start.get(exposure), *ranges]
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
        self._guardian.heartbeat()
        if waited_s > _DARK_AFTER_S:
            self._rig.run(self._capture.rest, self._guardian.heartbeat)


def _brief(error: BaseException) -> str:
    return str(error) if isinstance(error, HilError) else f"{type(error).__name__}: {error}"
