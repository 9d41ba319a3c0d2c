"""The trials of a session under way, from what is set up first to the last."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hil.calibration.rig_noise import check_now
from hil.errors import Interrupted
from hil.metrics.registry import metrics_of
from hil.records.session import SessionState, Snapshot
from hil.rig.device_thread import WorkerThread
from hil.session.assess import SessionAssessor, Surroundings
from hil.session.control.approval import ApprovalPolicy
from hil.session.control.pause_rules import PauseRules
from hil.session.controller import Controller
from hil.session.loop.loop_spec import LoopSpec
from hil.session.planned import Planned
from hil.session.result import best_of
from hil.session.sequence.plane_noise import calibrations
from hil.session.stopping import Ending, TrialCost, stop_rules
from hil.session.under_way.ending import drift_of
from hil.session.under_way.searching import made, overlap_of, proposer_ahead, searching
from hil.session.under_way.setup import Run, SessionSetup
from hil.session.watched_store import WatchedStore
from hil.supervision.stop import StopSwitch

if TYPE_CHECKING:
    pass


def run_trials(run: Run) -> Ending:
    """Set the rig up, run the trials, and tell why they ended."""
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
    around = Surroundings(space.excess, space.dose_mj, space.pixel_um2, capture.fields)
    cost = TrialCost(capture.n_places * capture.repeats, space.dose_mj, len(capture.fields))
    rules = stop_rules(spec.trials, spec.stop, cost)
    one_by_one = setup.planned is not None or setup.turns is not None
    ahead = None if one_by_one else proposer_ahead(run, OptunaProposer)
    planned = setup.planned or Planned(searching(run, ahead or made(run, OptunaProposer)))
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
                setup.plane_noise().at,
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
        pause_rules=PauseRules(spec.pause, lambda: wait(lambda: drift_of(setup))),
        hanging=lambda: "; ".join(str(hang) for hang in rig.hangs),
        look=run.look,
        halt=run.watch.halt_if_stopped,
        observer=run.observer,
        overlap=overlap_of(run, ahead),
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


def _is_under_way(run: Run) -> bool:
    """Whether others run the session that is joined, and say themselves how it stands."""
    found = run.waiting.run(run.rows.present_state) if run.setup.joined else None
    return found is not None and not found[0].ended


def _wait_with_others(run: Run) -> None:
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


def _policy(setup: SessionSetup) -> ApprovalPolicy:
    """Find out which settings' moves a person must approve."""
    spec, safety = setup.file.spec.approval, setup.rig.safety
    names = () if spec is None else spec.names
    canonical = {name: safety.setting(name).name for name in names}
    return ApprovalPolicy(spec, canonical, safety.read)


def _confirm_calibration(setup: SessionSetup, store: WatchedStore) -> None:
    """Compare the calibration with the camera as the trials are going to have it."""
    rig, clock, baseline = setup.rig, setup.clock, setup.baseline
    if baseline.taken:  # recorded frames: no camera is there
        return
    names = rig.noise_conditions, baseline.images(), setup.file.path
    for calibration in calibrations(setup.noise, *names):
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
