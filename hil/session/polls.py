"""What the database is asked and told again and again, without the main thread waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from hil.clock import Clock
from hil.errors import RigHeld
from hil.session.control.wishes import Wishes
from hil.session.ports import Store
from hil.supervision.stop import StopSwitch

# Much more often than `hil.locks.progress.SILENT_S`, after which a holder counts as dead.
_RENEW_LEASE_S = 5.0
_ASK_S = 1.0


class Polls:
    """Renews the lease, and hears what another process asks for.

    Parameters
    ----------
    store
        Asked on a thread of its own; while an answer is due it is asked nothing more.
    clock
        Time.
    stop
        Pressed with the reason of a stop that was asked for, or with who has taken the rig.
    wishes
        Told of everything else.
    follow
        Called after each question: looks whether other controllers of the session wait.

    Attributes
    ----------
    taken
        Who has taken the rig from this process; None while it is ours.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        stop: StopSwitch,
        wishes: Wishes,
        follow: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._stop = stop
        self._wishes = wishes
        self._follow = follow
        self._renewed_s = self._asked_s = clock.monotonic()
        self._asking: threading.Thread | None = None
        self._error: BaseException | None = None
        self.taken: RigHeld | None = None

    def poll(self) -> None:
        """Ask what is due; returns at once. Call it as often as you like.

        Raises
        ------
        StoreError
            The database refused for good.
        """
        error, self._error = self._error, None
        if error is not None:
            raise error
        if self.taken is not None or (self._asking is not None and self._asking.is_alive()):
            return
        now_s = self._clock.monotonic()
        due: list[Callable[[], None]] = []
        if now_s - self._asked_s > _ASK_S:
            self._asked_s = now_s
            due.append(self._ask)
        if now_s - self._renewed_s > _RENEW_LEASE_S:
            self._renewed_s = now_s
            due.append(lambda: self._store.renew_lease(self._clock.now()))
        if due:
            self._asking = threading.Thread(
                target=self._run, args=(due,), name="hil-polls", daemon=True
            )
            with suppress(RuntimeError):  # no thread is to be had: next time
                self._asking.start()

    def _ask(self) -> None:
        if reason := self._store.requested_stop():
            self._stop.press(reason)
        self._wishes.obey(self._store.requests())
        self._follow()

    def _run(self, due: list[Callable[[], None]]) -> None:
        try:
            for ask in due:
                ask()
        except RigHeld as taken:
            # As a person's stop: the devices are told at once, and nothing new begins.
            self.taken = taken
            self._stop.press(str(taken))
        except BaseException as error:  # raised where somebody listens
            self._error = error
