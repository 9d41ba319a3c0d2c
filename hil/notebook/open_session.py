"""A session that a person drives trial by trial, with proposals of the sampler and of their own."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from drivers.types import Pixels, Value
from hil.errors import HilError, InputError
from hil.notebook.trials import AskedTrial, MeasuredTrial, measured_trial
from hil.records.html import interval, pairs_html
from hil.records.session import Observer
from hil.records.trial import Best
from hil.session.by_hand.turns import Loop, NothingLeft, Turns
from hil.session.result import SessionResult, best_of, result_of
from hil.session.run import resume_session, run_session, show_nothing
from hil.spec import SessionFile, SessionSpec
from hil.supervision.stop import StopSwitch, stop_on_signals

if TYPE_CHECKING:
    import pandas as pd

    from hil.report.plot import Figure
    from hil.store import Database

_WATCH_S = 0.1


class _Run(Protocol):
    def __call__(self, *, turns: Turns, stop: StopSwitch) -> SessionResult: ...


class OpenSession:
    """A session that waits, in the dark, for what it is asked to do.

    Made by `open_session`. It holds the rig until it is closed: use it in a ``with`` block, or call
    `close`. A guardian process watches as in every session, and the rig is parked however it ends.

    Parameters
    ----------
    run
        Runs the session.
    database, frames
        Where it is recorded.
    """

    def __init__(self, run: _Run, database: str | None, frames: Path | None) -> None:
        self._turns = Turns()
        self._stop = StopSwitch()
        self._where = (database, frames)
        self._result: SessionResult | None = None
        self._error: BaseException | None = None
        self._ended = threading.Event()
        self._stack = ExitStack()
        self._database: Database | None = None
        thread = threading.Thread(target=self._run, args=(run,), name="hil-session", daemon=True)
        thread.start()
        self._wait(lambda: self._turns.serving.is_set() or self._ended.is_set())
        if self._ended.is_set():
            raise self._error or InputError("resume", "", "COMPLETE, give more trials to go on")
        self.session_id = self._turns.session_id
        self._stack.enter_context(stop_on_signals(self._signalled, ctrl_c=False))
        atexit.register(self._at_exit)

    # --- trials ----------------------------------------------------------------------------------

    def ask(self, settings: Mapping[str, Value] | None = None) -> AskedTrial:
        """Have the next trial proposed and committed; nothing moves yet.

        Parameters
        ----------
        settings
            A proposal of your own, from which the sampler learns too; settings that it does not
            name are those of the best trial. None: the sampler's.

        Raises
        ------
        InputError
            A setting is not searched, or lies outside its range.
        NothingLeft
            All trials are done, a budget is used up, or the session has ended.
        """

        def work(loop: Loop) -> Any:
            self._turns.given = None if settings is None else dict(settings)
            try:
                return loop.ask()
            finally:
                self._turns.given = None

        trial = self._order(work)
        return AskedTrial(
            self.session_id, trial.number, dict(trial.requested), str(trial.kind), trial
        )

    def measure(self, trial: AskedTrial | Mapping[str, Value] | None = None) -> MeasuredTrial:
        """Measure a trial: set, take frames, estimate, record. Within the rig's limits.

        Parameters
        ----------
        trial
            One that was asked for; or settings, which are asked for first; None for the sampler's
            next.

        Returns
        -------
        MeasuredTrial
            Also where it FAILED, with the reason.

        Raises
        ------
        InputError, NothingLeft
            As for `ask`.
        HilError
            The trial was measured before; or the rig or the database failed, and the session ends.
        """
        asked = trial if isinstance(trial, AskedTrial) else self.ask(trial)
        if asked.session_id != self.session_id:
            raise InputError("trial", str(asked.number), "is of another session")
        self._order(lambda loop: loop.measure(asked.open_trial))
        with self._reading() as database:
            return measured_trial(database, self.session_id, asked.number)

    def skip(self, trial: AskedTrial, reason: str = "skipped") -> None:
        """Give a trial back that is not going to be measured; it is ABORTED, and made up for."""
        self._order(lambda loop: loop.give_back(trial.open_trial, reason))

    def __iter__(self) -> Iterator[AskedTrial]:
        """Ask until nothing is left: ``for trial in session: session.measure(trial)``."""
        while True:
            try:
                trial = self.ask()
            except NothingLeft:
                return
            yield trial

    def run(self, trials: int | None = None) -> list[MeasuredTrial]:
        """Let the sampler go on for so many trials, or to the end."""
        done: list[MeasuredTrial] = []
        for trial in self if trials is None or trials > 0 else ():
            done.append(self.measure(trial))
            if len(done) == trials:
                break
        return done

    # --- what there is so far --------------------------------------------------------------------

    @property
    def best(self) -> Best | None:
        """The best feasible trial so far; None if there is none."""
        with self._reading() as database:
            return best_of(database, self.session_id)

    def trials(self, **asked: Any) -> pd.DataFrame:
        """Give the session's trials; keywords as for `Database.trials`."""
        with self._reading() as database:
            return database.trials(self.session_id, **asked)

    def events(self) -> pd.DataFrame:
        """Give what happened."""
        with self._reading() as database:
            return database.events(self.session_id)

    def frames(self, trial: AskedTrial | MeasuredTrial | int) -> Pixels:
        """Give the frames of a trial, (fields, repeats, height, width) ADU."""
        number = trial if isinstance(trial, int) else trial.number
        with self._reading() as database:
            return database.frames(self.session_id, number)

    def figure(self, kind: str = "history") -> Figure:
        """Draw the session as it stands; kinds as for ``hil plot``."""
        from hil.report.plot import draw

        with self._reading() as database:
            return draw(database, self.session_id, kind)

    def result(self) -> SessionResult:
        """Sum up what the session came to so far."""
        if self._result is not None:
            return self._result
        with self._reading() as database:
            record = database.session(self.session_id)
            return result_of(database, record.id, record.state, record.reason)

    def _repr_html_(self) -> str:
        found = self.result()
        best = "none yet"
        if found.best is not None:
            own = found.best
            best = f"{own.objective:.5g}{interval(own.ci_low, own.ci_high)}, trial {own.number}"
        said = [
            ("state", "ended" if self._ended.is_set() else "open, waits for you"),
            ("trials", f"{found.n_complete} complete of {found.n_trials}"),
            (f"best {found.objective}", best),
            *found.best_settings.items(),
        ]
        return pairs_html(f"{found.name} ({self.session_id[:8]})", said)

    # --- its end ---------------------------------------------------------------------------------

    def close(self) -> SessionResult:
        """End the session and park the rig.

        It is COMPLETE where all trials are done, and STOPPED otherwise: ``hil resume``, or
        `open_session` with ``resume``, goes on with it.

        Raises
        ------
        HilError
            What ended the session before, or the rig could not be parked.
        """
        self._turns.close()
        try:
            self._wait(self._ended.is_set)
        except KeyboardInterrupt:
            self._stop.press("Ctrl-C")
            self._wait(self._ended.is_set)
            raise
        finally:
            if self._ended.is_set():
                self._let_go()
        if self._error is not None:
            raise self._error
        assert self._result is not None, "a session without an error has a result"
        return self._result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        interrupted = isinstance(error, KeyboardInterrupt)
        self._stop.press("Ctrl-C" if interrupted else f"{type(error).__name__}: {error}")
        with suppress(HilError):  # the one that is on its way says more
            self.close()

    # --- within ----------------------------------------------------------------------------------

    def _run(self, run: _Run) -> None:
        try:
            self._result = run(turns=self._turns, stop=self._stop)
        except BaseException as error:
            self._error = error
        finally:
            ended = self._result
            self._turns.end(f"the session has ended: {self._error or (ended and ended.reason)}")
            self._ended.set()

    def _order(self, work: Callable[[Loop], Any]) -> Any:
        try:
            return self._turns.order(work)
        except KeyboardInterrupt:  # whoever interrupts a measurement wants the rig dark
            self._stop.press("Ctrl-C")
            raise

    def _wait(self, over: Callable[[], bool]) -> None:
        while not over():
            self._ended.wait(_WATCH_S)

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        from hil.store import open_database

        url, frames = self._where
        if self._ended.is_set():
            with open_database(url, frames=frames) as database:
                yield database
            return
        if self._database is None:
            self._database = self._stack.enter_context(open_database(url, frames=frames))
        yield self._database

    def _signalled(self, why: str) -> None:
        self._stop.press(why)
        raise KeyboardInterrupt(why)

    def _at_exit(self) -> None:
        self._stop.press("the program ended")
        with suppress(HilError):
            self.close()

    def _let_go(self) -> None:
        atexit.unregister(self._at_exit)
        self._database = None
        self._stack.close()


def open_session(
    session: str | Path | SessionSpec | SessionFile | None = None,
    database: str | None = None,
    *,
    resume: str | None = None,
    frames: str | Path | None = None,
    trials: int | None = None,
    rig: str | Path | None = None,
    tags: Sequence[str] = (),
    note: str = "",
    observer: Observer = show_nothing,
    accept_calibration: bool = False,
) -> OpenSession:
    """Open a session whose trials you ask for and measure one by one.

    ::

        with hil.open_session("session.toml") as session:
            for trial in session:
                session.measure(trial)

    Guardian, lease, limits, stop rules and records are those of every session. Between two trials
    the sample is dark after five seconds; `hil pause`, `hil stop` and the live page work.

    Parameters
    ----------
    session
        A session file, as a path or read; or a spec. See `run_session`.
    resume
        Instead of it a session to go on with: an id, a unique beginning of one, or ``"last"``.
    database, frames, trials, rig, tags, note, observer, accept_calibration
        As for `run_session`; tags and note are for a new session.

    Raises
    ------
    InputError, RigHeld, RigError, StoreError
        As for `run_session`.
    """
    if (session is None) == (resume is None):
        raise InputError("open_session", "", "give a session file, or resume=SESSION")
    folder = None if frames is None else Path(frames)
    common: dict[str, Any] = {
        "frames": folder,
        "trials": trials,
        "rig": rig,
        "observer": observer,
        "accept_calibration": accept_calibration,
    }

    def run(*, turns: Turns, stop: StopSwitch) -> SessionResult:
        if resume is not None:
            return resume_session(resume, database, turns=turns, stop=stop, **common)
        assert session is not None, "one of the two was given"
        given = {"tags": tags, "note": note, **common}
        return run_session(session, database, turns=turns, stop=stop, **given)

    return OpenSession(run, database, folder)
