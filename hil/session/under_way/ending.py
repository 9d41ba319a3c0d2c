"""How a session under way ends: the last move, the park, and what is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from drivers.types import Value
from hil.errors import HilError, RigHeld, StoreError
from hil.ranking.drift import Drift
from hil.records.trial import TrialState
from hil.session.result import best_of, shown_of, winner_recorded
from hil.session.stopping import Ending
from hil.session.under_way.setup import Run, SessionSetup
from hil.session.watched_store import WatchedStore
from hil.store.asking.leading import KEPT, to_json

if TYPE_CHECKING:
    from hil.store import SqlStore


def end(run: Run, ending: Ending, after: BaseException | None) -> None:
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
    recorded(lambda: run.waiting.run(run.pausing.announcing.finish))
    alone = not any(alive for _, _, alive in _open_trials(store))
    # Who has taken the rig for this very session says how it ends.
    theirs = isinstance(after, RigHeld) and after.session_id == setup.session_id
    if alone and not theirs:
        if parked.lost is None:
            recorded(lambda: run.waiting.run(lambda: _keep_best(setup)))
        recorded(lambda: store.session_state(ending.state, clock.now(), ending.reason))
    if parked.lost is None:
        recorded(lambda: run.waiting.run(lambda: _record_drift(setup, run.rows)))
        recorded(lambda: run.waiting.run(lambda: _record_winner(setup, run.rows)))
    parked.raise_problems(after)


def _last_move(run: Run) -> None:
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
        recorded(lambda: store.event("move_failed", setup.clock.now(), {"why": problem}))


def _best_requested(setup: SessionSetup) -> Mapping[str, Value]:
    best = best_of(setup.database, setup.session_id)
    if best is None:
        return {}
    requested = setup.database.rows(setup.session_id)[best.number].requested
    return {**setup.space.fixed, **requested}


def _record_drift(setup: SessionSetup, store: SqlStore) -> None:
    """Write down what the reference trials have shown."""
    drift = drift_of(setup)
    if drift is not None:
        store.event("drift", setup.clock.now(), drift.to_json())


def _record_winner(setup: SessionSetup, store: SqlStore) -> None:
    """Write down who won, where leaders were measured with fresh frames."""
    winner = winner_recorded(setup.database, setup.session_id)
    if winner is not None:
        store.event("winner", setup.clock.now(), winner.to_json())


def _keep_best(setup: SessionSetup) -> None:
    """Write down the best with its interval, for lists of sessions."""
    best = shown_of(setup.database, setup.session_id)
    if best is not None:
        setup.database.keep_extra(setup.session_id, KEPT, to_json(best))


def drift_of(setup: SessionSetup) -> Drift | None:
    """Read from the reference trials how far the instrument has drifted; None without any."""
    return setup.database.drift(setup.session_id, setup.file.spec.estimator.confidence)


def _open_trials(store: WatchedStore) -> Sequence[tuple[Any, TrialState, bool]]:
    try:
        return store.open_trials()
    except Exception:  # the database is away; the session's state is then written or not, as it can
        return ()


def recorded(write: Callable[[], None]) -> None:
    """Write something that must not keep a session from its end."""
    with suppress(StoreError):  # the database is away
        write()
