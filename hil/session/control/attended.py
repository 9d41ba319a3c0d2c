"""A running session's ear to the outside, and its pauses: made when it begins, ended with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from hil.clock import Clock
from hil.errors import StoreError
from hil.records.request import Request
from hil.records.session import SessionState
from hil.rig.capture import Capture
from hil.rig.rig import Rig
from hil.session.control.beside import BesidePolls
from hil.session.control.pausing import Pausing, Rows
from hil.session.control.wishes import Wishes
from hil.spec import Pause
from hil.store.control.folder import Beside
from hil.store.frames.writer import FRAMES
from hil.supervision.stop import StopSwitch
from hil.waits.waits import WAITS

_LEAVE_S = 2.0


class Asked(Rows, Protocol):
    """What is read of what was asked: part of `hil.session.ports.Store`."""

    def requests(self) -> list[Request]:
        """List all that was ever asked of the session."""
        ...

    def present_state(self) -> tuple[SessionState, str] | None:
        """Tell where the session stands, and why; None while the database cannot be asked."""
        ...


class Attended:
    """What a session has so that it can be left alone.

    Parameters
    ----------
    spec
        ``[pause]`` of the session file.
    rig, capture
        What goes dark.
    store
        Where requests stand, and pauses are written down.
    beside
        Where requests come while the database is away.
    stop
        Pressed by a request to stop, and by a pause that nobody ends.
    clock
        Time.

    Attributes
    ----------
    waiting_is_dark
        Told that the rig is parked.
    searched
        Distributions of the searched settings, for who would enqueue while the database is away.
    """

    def __init__(
        self,
        spec: Pause,
        rig: Rig,
        capture: Capture,
        store: Asked,
        beside: Beside,
        stop: StopSwitch,
        clock: Clock,
    ) -> None:
        self._rig = rig
        self._capture = capture
        self._store = store
        self._beside = beside
        self.waiting_is_dark: Callable[[], None] = lambda: None
        self.searched: Mapping[str, str] = {}
        self.wishes = Wishes(stop)
        self.pausing = Pausing(
            self.wishes, stop, self._dark, rig.safety.darken, store, clock, spec.timeout_s
        )
        self._polls = BesidePolls(beside, self.wishes, clock)

    def enter(self, *, resumed: bool, joined: bool) -> None:
        """Begin to listen; what was asked of an earlier process is forgotten.

        Who joins a session that waits, waits with it.
        """
        if resumed:
            self.wishes.forget(self._store.requests())
        if joined:
            self.follow()
        with (
            suppress(StoreError),  # a disk that cannot be written ends the session by its frames
            WAITS.waiting(FRAMES),
        ):
            self._beside.enter(joined=joined)

    def look(self) -> None:
        """Hear what comes by files; called every 0.1 s."""
        self._polls.poll({**self.pausing.status, "searched": dict(self.searched)})
        self.pausing.announcing.look()

    def follow(self) -> None:
        """Wait as long as another controller of the session does. Any thread.

        What this one is about to say of the session itself is not taken for another's word.
        """
        announcing, said = self.pausing.announcing, self.pausing.announcing.settled
        found = self._store.present_state()
        if found is None or said is None or said != announcing.settled:
            return
        if not self.pausing.waits_itself:
            state, why = found
            paused = state is SessionState.PAUSED
            self.wishes.follow((why or "another controller waits") if paused else "")

    def leave(self) -> None:
        """End; a disk that stalls is not waited for: its card is of a process that is gone then."""
        self._polls.close()
        leaving = threading.Thread(target=self._beside.leave, name="hil-leave", daemon=True)
        with suppress(RuntimeError):  # no thread is to be had: as if the disk stalled
            leaving.start()
            leaving.join(_LEAVE_S)

    def _dark(self) -> None:
        self._rig.run(self._capture.rest)
        self.waiting_is_dark()
