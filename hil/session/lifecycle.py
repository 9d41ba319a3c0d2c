"""A session under way: threads, the loop of trials, and how it ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, check_now, noise_entries
from hil.clock import Clock
from hil.errors import HilError, Interrupted, RigHeld, StoreError
from hil.metrics.registry import metrics_of
from hil.ranking.drift import Drift
from hil.records.knowledge import ModelText
from hil.records.session import Observer, SessionState, Snapshot
from hil.records.trial import TrialState
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.rig.light import DoseMeter
from hil.rig.rig import Rig
from hil.session.assess import SessionAssessor, Surroundings
from hil.session.baseline import Baseline
from hil.session.by_hand.proposer import ByHand
from hil.session.by_hand.turns import Turns
from hil.session.control.approval import ApprovalPolicy
from hil.session.control.attended import Attended
from hil.session.control.enqueue import Enqueued, Givable
from hil.session.control.pause_rules import PauseRules
from hil.session.control.pausing import Pausing
from hil.session.controller import Controller
from hil.session.frame_guards import frame_watch
from hil.session.loop.loop_spec import LoopSpec
from hil.session.model.file import model_of
from hil.session.model.frames import ModelFrames
from hil.session.pipeline.ahead import Ahead
from hil.session.pipeline.overlap import Overlap
from hil.session.planned import Planned
from hil.session.polls import Polls
from hil.session.ports import Proposer
from hil.session.result import SessionResult, best_of, result_of, winner_recorded
from hil.session.search_space import SearchSpace
from hil.session.stopping import Ending, TrialCost, stop_rules
from hil.session.waiting import Waiting
from hil.session.watched_store import WatchedStore
from hil.spec import SessionFile
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import SupervisedRig, moves_s
from hil.supervision.watch import Watch

if TYPE_CHECKING:
    from hil.proposer import SearchPlan
    from hil.store import Database, SqlStore


@dataclass(frozen=True, slots=True)
class SessionSetup:
    """Everything that a session stands on.

    Parameters
    ----------
    file, held, space, baseline, noise
        What is run, on which rig, over what, from where, and with which noise model.
    database, session_id
        Where it is recorded.
    clock
        Time.
    accept_calibration
        Whether a calibration that no longer fits is used all the same.
    resumed, joined
        Whether it goes on with an earlier process's trials, or beside another's.
    planned
        Trials that are given; None where a sampler searches.
    turns
        Who says when which trial is measured; None where they follow each other.
    """

    file: SessionFile
    held: SupervisedRig
    space: SearchSpace
    baseline: Baseline
    noise: RigNoise
    database: Database
    session_id: str
    clock: Clock
    accept_calibration: bool = False
    resumed: bool = False
    joined: bool = False
    planned: Planned | None = None
    turns: Turns | None = None

    @property
    def rig(self) -> Rig:
        """The devices."""
        return self.held.rig


@dataclass(frozen=True, slots=True)
class _Run:
    """A session under way."""

    setup: SessionSetup
    capture: Capture
    rows: SqlStore
    waiting: Waiting
    thinker: WorkerThread
    attended: Attended
    pausing: Pausing
    watch: Watch
    look: Callable[[], None]
    observer: Observer
    stop: StopSwitch

    @property
    def store(self) -> WatchedStore:
        """The store, waited for in the dark."""
        think = partial(self.waiting.run, thread=self.thinker)
        return WatchedStore(self.rows, self.waiting.run, think)


def drive(setup: SessionSetup, observer: Observer, stop: StopSwitch) -> SessionResult:
    """Run a session's trials to their end, park, and write down how it ended.

    Parameters
    ----------
    setup
        What it stands on; the rig is held.
    observer
        Is shown how it goes.
    stop
        Pressed to end it; signals press it too.

    Raises
    ------
    NotParked
        A device is not known to be safe, whatever else went well.
    RigHeld
        Another process has taken the rig; it was parked all the same.
    HilError
        The rig or the database failed for good.
    """
    from hil.information.blas_threads import one_blas_thread

    thinker = WorkerThread("hil-estimates")
    with ExitStack() as stack:
        # asked for on the main thread: a limit that a worker asks for may not take effect there
        stack.enter_context(one_blas_thread())
        stack.callback(thinker.close, wait=False)
        watched = setup.held.watched(stop, _command_s(setup), setup.session_id)
        watch = stack.enter_context(watched)
        capture = _capture(setup)
        store = setup.database.store(
            setup.session_id,
            controller=setup.rig.spec.name,
            keep_frames=setup.file.spec.measure.keep_frames,
            resumed=setup.resumed and not setup.joined,
            clock=setup.clock,
        )
        attended = Attended(
            setup.file.spec.pause,
            setup.rig,
            capture,
            store,
            setup.database.beside(setup.session_id),
            stop,
            setup.clock,
        )
        stack.callback(attended.leave)
        attended.enter(resumed=setup.resumed, joined=setup.joined)
        polls = Polls(store, setup.clock, stop, attended.wishes, attended.follow)

        def look() -> None:
            watch.heartbeat()
            polls.poll()
            attended.look()

        pausing = attended.pausing
        pausing.guarded = lambda: watch.guarded
        waiting = Waiting(setup.rig, capture, stop, look, store.give_up, setup.clock, pausing)
        attended.waiting_is_dark = waiting.parked
        stack.callback(waiting.close)
        stack.callback(_recorded, lambda: waiting.run(store.close))
        run = _Run(
            setup, capture, store, waiting, thinker, attended, pausing, watch, look, observer, stop
        )
        ending, error = _run_to_end(run)
        error = polls.taken or error
        if error is not None:
            _end(run, Ending(SessionState.FAILED, _brief(error)), after=error)
            raise error
        _end(run, ending, after=None)
    return result_of(setup.database, setup.session_id, ending.state, ending.reason)


def _capture(setup: SessionSetup) -> Capture:
    spec, rig = setup.file.spec, setup.rig
    return Capture(
        rig.safety,
        rig.camera,
        setup.baseline.fields,
        spec.measure.repeats,
        rig.spec.frame_timeout_s,
        setup.clock,
        rig.spec.setup,
        blanks=setup.baseline.blanks,
        meter=rig.run(lambda: _meter(setup)),
        device_s=rig.device_s,
        recorded=rig.recorded,
        watch=frame_watch(setup.noise, rig, spec.measure.unguarded),
        # Those of a recording set nothing: its frames are whole.
        planes=[plane for plane in setup.baseline.planes if plane.settings],
        triggered=setup.baseline.triggered,
    )


def _meter(setup: SessionSetup) -> DoseMeter:
    light = setup.space.budget.light
    present = setup.rig.safety.read(light.settings) if light else {}
    return DoseMeter(light, present, setup.rig.device_s)


def _run_to_end(run: _Run) -> tuple[Ending, BaseException | None]:
    """Run the trials; how that ended, and the error that it was for."""
    try:
        return _run_trials(run), None
    except Interrupted as stopped:
        return Ending(SessionState.STOPPED, str(stopped)), None
    except BaseException as error:
        return Ending(SessionState.FAILED, _brief(error)), error


def _run_trials(run: _Run) -> Ending:
    from hil.proposer import OptunaProposer

    setup, capture, store, wait = run.setup, run.capture, run.store, run.waiting.run
    spec, rig, clock = setup.file.spec, setup.rig, setup.clock
    _wait_with_others(run)
    if setup.resumed and not _is_under_way(run):
        store.session_state(SessionState.RUNNING, clock.now(), "resumed")
    if rig.spec.setup:
        store.event("setup", clock.now(), dict(rig.spec.setup))
        run.watch.run(capture.set_up)
        run.waiting.worked()
    _confirm_calibration(setup, store)
    noise, space = setup.noise, setup.space
    around = Surroundings(space.excess, space.dose_mj, space.pixel_um2)
    cost = TrialCost(capture.n_places * capture.repeats, space.dose_mj, len(capture.fields))
    rules = stop_rules(spec.trials, spec.stop, cost)
    one_by_one = setup.planned is not None or setup.turns is not None
    ahead = None if one_by_one else _ahead(run, OptunaProposer)
    planned = setup.planned or Planned(_searching(run, ahead or _made(run, OptunaProposer)))
    controller = Controller(
        LoopSpec(spec.trials, spec.seed, rules, space.fixed, planned.also),
        capture=capture,
        devices=rig,
        wait=wait,
        think=partial(run.waiting.run, thread=run.thinker),
        worked=run.waiting.worked,
        store=store,
        proposer=planned.proposer,
        estimator=planned.assessor(
            SessionAssessor(
                spec,
                lambda settings: noise.under(noise_entries(rig.noise_conditions, settings)),
                around,
                wait(lambda: _chosen(setup)),
                noise.variance_relative_sd,
                planned.estimate,
                tuple(plane.name for plane in setup.baseline.planes),
                metrics_of(setup.file),
            )
        ),
        clock=clock,
        stop=run.stop,
        pausing=run.pausing,
        policy=_policy(setup),
        pause_rules=PauseRules(spec.pause, lambda: wait(lambda: _drift(setup))),
        hanging=lambda: "; ".join(str(hang) for hang in rig.hangs),
        look=run.look,
        halt=run.watch.halt_if_stopped,
        observer=run.observer,
        overlap=_overlap(run, ahead),
        best=wait(lambda: best_of(setup.database, setup.session_id)) if setup.resumed else None,
    )
    controller.recover()
    if setup.turns is None:
        return controller.run()
    setup.turns.session_id = setup.session_id
    idle = WorkerThread("hil-turns")
    try:
        return setup.turns.serve(controller, partial(run.waiting.run, thread=idle), _why(run.stop))
    finally:
        idle.close(wait=False)


def _why(stop: StopSwitch) -> Callable[[], str]:
    return lambda: stop.reason


def _is_under_way(run: _Run) -> bool:
    """Whether others run the session that is joined, and say themselves how it stands."""
    found = run.waiting.run(run.rows.present_state) if run.setup.joined else None
    return found is not None and not found[0].ended


def _wait_with_others(run: _Run) -> None:
    """Wait before anything is lit, where the session that is joined waits.

    Raises
    ------
    Interrupted
        A stop was asked for meanwhile.
    """
    if run.pausing.wishes.hold is None:
        return
    note = f"PAUSED: {run.pausing.wishes.hold}; goes on by hil continue"
    trials, n_fields, nan = run.setup.file.spec.trials, len(run.capture.fields), math.nan
    run.observer(Snapshot(None, None, 0, n_fields, 0, 0, trials, None, nan, nan, note=note))
    run.pausing.hold(run.look, lambda: bool(run.setup.rig.hangs))
    if run.stop.reason:
        raise Interrupted(run.stop.reason)


def _made(run: _Run, make: Callable[[SearchPlan], Givable]) -> Givable:
    setup = run.setup
    plan = setup.baseline.plan(setup.file.spec, setup.space)
    if (known := setup.baseline.known.model) is not None:
        plan = replace(plan, model=_model(setup, known))
    return make(plan)


def _ahead(run: _Run, make: Callable[[SearchPlan], Givable]) -> Ahead | None:
    """Make a proposer that may be one trial ahead; None where trials wait for their estimates."""
    measure = run.setup.file.spec.measure
    corrects = run.setup.baseline.known.model is not None  # by the latest frames
    waits = corrects or measure.most_to_search > measure.n_to_search
    if waits or measure.pipeline is False:
        return None
    return Ahead(_made(run, make), on=measure.pipeline is True)


def _overlap(run: _Run, ahead: Ahead | None) -> Overlap | None:
    """Measure trials while others are estimated, where a proposer is ahead.

    By itself only on a rig whose time is that of the clock: what both take is then what it costs,
    and on a simulated one the same seed gives the same session.
    """
    if ahead is None:
        return None
    automatic = run.setup.file.spec.measure.pipeline == "auto" and not run.setup.rig.has_own_clock
    return Overlap(ahead, run.thinker.start, automatic=automatic)


def _searching(run: _Run, proposer: Givable) -> Proposer:
    """Search by the session's sampler; what a person enqueues comes first."""
    setup = run.setup
    run.attended.searched = proposer.searched()
    start = {**setup.space.anchor, **setup.baseline.start}
    enqueued = Enqueued(proposer, run.pausing.wishes, start)
    return enqueued if setup.turns is None else ByHand(enqueued, proposer.searched(), setup.turns)


def _model(setup: SessionSetup, known: ModelText) -> ModelFrames:
    """Give sampler `model` its rig, and the frames that are stored."""
    space, rig = setup.space, setup.rig
    model = model_of(known)
    setup_values = rig.safety.targets(rig.spec.setup)
    return ModelFrames(
        model,
        setup.database,
        setup.session_id,
        setup.noise,
        rig.noise_conditions,
        {**space.present, **setup_values, **space.fixed},
    )


def _policy(setup: SessionSetup) -> ApprovalPolicy:
    """Find out where the settings are whose moves a person must approve."""
    spec, rig = setup.file.spec.approval, setup.rig
    names = () if spec is None else spec.names
    canonical = {name: rig.safety.setting(name).name for name in names}
    present = rig.read(*canonical.values()) if canonical else {}
    return ApprovalPolicy(spec, canonical, present)


def _confirm_calibration(setup: SessionSetup, store: WatchedStore) -> None:
    """Compare the calibration with the camera as the trials are going to have it."""
    calibration, rig, clock = setup.noise.calibration, setup.rig, setup.clock
    if calibration is None:
        return
    held = {n: v for n, v in setup.space.fixed.items() if n in calibration.tie.settings}
    if held:
        rig.apply(held)
    found = check_now(calibration, rig, accept=setup.accept_calibration)
    if found:
        said = {"calibration": calibration.id, "differences": [str(item) for item in found]}
        store.event("calibration_accepted", clock.now(), said)


def _chosen(setup: SessionSetup) -> str:
    """Tell which estimator one that chooses chose before the session was interrupted."""
    from hil.information.registry import traits_of

    if not (setup.resumed and traits_of(setup.file.spec.estimator.kind).chooses):
        return ""
    found = (
        details.get("chosen") for details in setup.database.estimates(setup.session_id)["details"]
    )
    return next((str(name) for name in found if name), "")


def _end(run: _Run, ending: Ending, after: BaseException | None) -> None:
    """Move to where the file says, park, and write down how it ended.

    After an error of the database the lamp comes before the record.
    """
    setup, store, clock = run.setup, run.store, run.setup.clock
    run.pausing.wishes.close()
    if after is None and not setup.rig.hangs:
        _last_move(run)
    parked = setup.held.park(
        ending.reason,
        after=after,
        # Not by the watched store: what waits in the dark would park meanwhile.
        record=lambda kind, detail: run.rows.event(kind, clock.now(), detail),
    )
    run.waiting.parked()
    _recorded(lambda: run.waiting.run(run.pausing.announcing.finish))
    alone = not any(alive for _, _, alive in _open_trials(store))
    # Who has taken the rig for this very session says how it ends.
    theirs = isinstance(after, RigHeld) and after.session_id == setup.session_id
    if alone and not theirs:
        _recorded(lambda: store.session_state(ending.state, clock.now(), ending.reason))
    if parked.lost is None:
        _recorded(lambda: run.waiting.run(lambda: _record_drift(setup, run.rows)))
        _recorded(lambda: run.waiting.run(lambda: _record_winner(setup, run.rows)))
    parked.raise_problems(after)


def _record_drift(setup: SessionSetup, store: SqlStore) -> None:
    """Write down what the reference trials have shown."""
    drift = _drift(setup)
    if drift is not None:
        store.event("drift", setup.clock.now(), drift.to_json())


def _record_winner(setup: SessionSetup, store: SqlStore) -> None:
    """Write down who won, where leaders were measured with fresh frames."""
    winner = winner_recorded(setup.database, setup.session_id)
    if winner is not None:
        store.event("winner", setup.clock.now(), winner.to_json())


def _drift(setup: SessionSetup) -> Drift | None:
    return setup.database.drift(setup.session_id, setup.file.spec.estimator.confidence)


def _open_trials(store: WatchedStore) -> Sequence[tuple[Any, TrialState, bool]]:
    try:
        return store.open_trials()
    except Exception:  # the database is away; the session's state is then written or not, as it can
        return ()


def _recorded(write: Callable[[], None]) -> None:
    """Write something that must not keep a session from its end."""
    with suppress(StoreError):  # the database is away
        write()


def _last_move(run: _Run) -> None:
    """Go to where the session's ``at_end`` says; a fault there does not undo the session."""
    setup, store = run.setup, run.store
    why = setup.file.spec.at_end
    try:
        target: Mapping[str, Value] = {}
        if why == "restore":
            target = setup.baseline.before
        elif why == "best":
            target = run.waiting.run(lambda: _best_requested(setup))
        if target:
            store.event("move", setup.clock.now(), {"why": why, "to": dict(target)})
            setup.rig.apply(target)
    except HilError as error:
        problem = str(error)
        _recorded(lambda: store.event("move_failed", setup.clock.now(), {"why": problem}))


def _best_requested(setup: SessionSetup) -> Mapping[str, Value]:
    best = best_of(setup.database, setup.session_id)
    if best is None:
        return {}
    requested = setup.database.rows(setup.session_id)[best.number].requested
    return {**setup.space.fixed, **requested}


def _command_s(setup: SessionSetup) -> float:
    """How long one command to the devices may take, seconds."""
    spec, rig = setup.file.spec, setup.rig
    exposure = setup.space.budget.exposure
    ranges = [axis.high or 0.0 for axis in spec.search if axis.setting == exposure]
    held = [setup.space.fixed.get(exposure), setup.baseline.start.get(exposure), *ranges]
    exposures_ms = [float(value) for value in held if value is not None]
    if not exposures_ms and exposure:
        exposures_ms = [float(rig.read(exposure)[exposure])]
    frame_s = max(exposures_ms, default=0.0) / 1000 + rig.spec.frame_timeout_s
    images = [float(plane.settings.get(exposure, 0.0)) / 1000 for plane in setup.baseline.planes]
    if images:  # with moves in between
        frame_s = sum(max(frame_s, image_s + rig.spec.frame_timeout_s) for image_s in images)
        # parked and set up again at each interval
        frame_s += 3 * len(images) * moves_s(rig.spec) + setup.baseline.planes[-1].after_s
    return moves_s(rig.spec) + spec.measure.repeats * frame_s


def _brief(error: BaseException) -> str:
    return str(error) if isinstance(error, HilError) else f"{type(error).__name__}: {error}"
