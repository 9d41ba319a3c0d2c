"""A session under way: threads, the loop of trials, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from hil.errors import HilError, Interrupted, RigHeld, StoreError
from hil.records.session import Observer, SessionState
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.rig.light import DoseMeter
from hil.session.control.attended import Attended
from hil.session.control.rig_file_now import why_not_go_on
from hil.session.frame_guards import frame_watch
from hil.session.polls import Polls
from hil.session.result import SessionResult, result_of
from hil.session.sequence.planes import moved_by
from hil.session.stopping import Ending
from hil.session.under_way.ending import end, recorded
from hil.session.under_way.setup import Run, SessionSetup
from hil.session.under_way.trials import run_trials
from hil.session.waiting import Waiting
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import moves_s
from hil.supervision.watch import Watch

if TYPE_CHECKING:
    from hil.store import NewSession

# A database that does not answer keeps nobody waiting who has waited for it before.
_BRIEFLY_S = 5.0


def drive(
    setup: SessionSetup,
    observer: Observer,
    stop: StopSwitch,
    *,
    new: NewSession | None = None,
    on_start: Callable[[str], None] | None = None,
) -> SessionResult:
    """Run a session's trials to their end, park, and write down how it ended.

    Parameters
    ----------
    setup
        What it stands on; the rig is held.
    observer
        Is shown how it goes.
    stop
        Pressed to end it; signals press it too.
    new
        What a session begins with that is not in the database yet; it is put there. Whatever comes
        between that and its first trial, a signal say, it is not left RUNNING.
    on_start
        Called with its id then.

    Raises
    ------
    NotParked
        A device is not known to be safe, whatever else went well.
    RigHeld
        Another process has taken the rig; it was parked all the same.
    HilError
        The rig or the database failed for good.
    """
    try:
        if new is not None:
            setup.database.create_session(new, setup.session_id)
        if on_start is not None:
            on_start(setup.session_id)
        return _drive(setup, observer, stop)
    except RigHeld:  # who has the rig says how it ends
        raise
    except StoreError as error:  # it may be the disk of the frames, and the database is well
        writing = threading.Thread(target=_never_running, args=(setup, error), daemon=True)
        with suppress(RuntimeError):  # no thread is to be had: it stands there as STALE
            writing.start()
            writing.join(_BRIEFLY_S)
        raise
    except BaseException as error:
        _never_running(setup, error)
        raise


def _never_running(setup: SessionSetup, error: BaseException) -> None:
    """Leave no session RUNNING that an error ended before its end could be written as any other."""
    stopped = isinstance(error, Interrupted | KeyboardInterrupt)
    state = SessionState.STOPPED if stopped else SessionState.FAILED
    if not setup.joined:
        with suppress(HilError):
            now = setup.clock.now()
            setup.database.end_unbegun(setup.session_id, state, now, _brief(error))


def _drive(setup: SessionSetup, observer: Observer, stop: StopSwitch) -> SessionResult:
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
        _enter(attended, setup, thinker, watch, stop)
        polls = Polls(store, setup.clock, stop, attended.wishes, attended.follow)

        def look() -> None:
            watch.heartbeat()
            polls.poll()
            attended.look()

        pausing = attended.pausing
        pausing.guarded = lambda: watch.guarded
        pausing.why_not_go_on = partial(why_not_go_on, setup.file.rig)
        waiting = Waiting(setup.rig, capture, stop, look, store.give_up, setup.clock, pausing)
        attended.waiting_is_dark = waiting.parked
        stack.callback(waiting.close)
        stack.callback(recorded, lambda: waiting.run(store.close))
        run = Run(
            setup, capture, store, waiting, thinker, attended, pausing, watch, look, observer, stop
        )
        ending, error = _run_to_end(run)
        error = polls.taken or error
        if error is not None:
            end(run, Ending(SessionState.FAILED, _brief(error)), after=error)
            raise error
        end(run, ending, after=None)
    return result_of(setup.database, setup.session_id, ending.state, ending.reason)


def _enter(
    attended: Attended, setup: SessionSetup, thread: WorkerThread, watch: Watch, stop: StopSwitch
) -> None:
    """Begin to listen; a disk or a database that stalls is waited for with the eyes open."""

    def look() -> None:
        watch.heartbeat()
        if stop.reason:  # nothing has moved
            raise Interrupted(stop.reason)

    thread.run(lambda: attended.enter(resumed=setup.resumed, joined=setup.joined), look)


def _capture(setup: SessionSetup) -> Capture:
    spec, rig = setup.file.spec, setup.rig
    stepped = moved_by(setup.baseline.planes)
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
        # Before a trial what a sequence steps through reads as the last image left it.
        recorded=[name for name in rig.recorded if name not in stepped],
        watch=frame_watch(setup.plane_noise(), spec.measure.unguarded),
        # Those of a recording set nothing: its frames are whole.
        planes=[plane for plane in setup.baseline.planes if plane.settings],
        triggered=setup.baseline.triggered,
    )


def _meter(setup: SessionSetup) -> DoseMeter:
    light = setup.space.budget.light
    present = setup.rig.safety.read(light.settings) if light else {}
    return DoseMeter(light, present, setup.rig.device_s)


def _run_to_end(run: Run) -> tuple[Ending, BaseException | None]:
    """Run the trials; how that ended, and the error that it was for."""
    try:
        return run_trials(run), None
    except Interrupted as stopped:
        return Ending(SessionState.STOPPED, str(stopped)), None
    except BaseException as error:
        return Ending(SessionState.FAILED, _brief(error)), error


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
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "Ctrl-C"
    return str(error) if isinstance(error, HilError) else f"{type(error).__name__}: {error}"
