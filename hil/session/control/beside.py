"""Requests that come by files beside the frames, heard whether or not the database answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hil.clock import Clock
from hil.session.control.wishes import Wishes
from hil.store.control.folder import Beside

_LOOK_S = 0.2


class BesidePolls:
    """Reads a session's folder, and says there how the session stands.

    Parameters
    ----------
    beside
        Read on a thread of its own: the disk may stall.
    wishes
        Told what was asked.
    clock
        Time.
    """

    def __init__(self, beside: Beside, wishes: Wishes, clock: Clock) -> None:
        self._beside = beside
        self._wishes = wishes
        self._clock = clock
        self._looked_s = clock.monotonic()
        self._looking: threading.Thread | None = None
        self._said: Mapping[str, Any] = {}

    def poll(self, status: Mapping[str, Any]) -> None:
        """Look if it is due; returns at once.

        Parameters
        ----------
        status
            How the session stands.
        """
        if self._looking is not None and self._looking.is_alive():
            return
        now_s = self._clock.monotonic()
        if now_s - self._looked_s < _LOOK_S and status == self._said:
            return
        self._looked_s = now_s
        looking = threading.Thread(
            target=self._look, args=(dict(status),), name="hil-beside", daemon=True
        )
        with suppress(RuntimeError):  # no thread is to be had: next time
            looking.start()
            self._looking = looking

    def close(self) -> None:
        """Look no more; a disk that stalls is not waited for."""
        if self._looking is not None:
            self._looking.join(1.0)

    def _look(self, status: Mapping[str, Any]) -> None:
        if status != self._said:
            self._beside.say(status)
            self._said = status
        self._wishes.obey(self._beside.requests())
