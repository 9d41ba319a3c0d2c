"""A pause: dark at once, the rig held, until somebody lets the session go on or ends it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from hil.clock import Clock
from hil.records.request import Request
from hil.records.session import SessionState
from hil.session.control.announcing import Announcing
from hil.session.control.wishes import Hold, Wishes
from hil.supervision.stop import StopSwitch
from hil.supervision.watch import AGAIN_S, wait_for_guardian

# Devices at work get so long to come to the end of a frame before the light goes.
_DARK_S = 0.8
_WATCH_S = 0.1


class Rows(Protocol):
    """What a pause writes: part of `hil.session.ports.Store`."""

    def announce(
        self,
        state: SessionState,
        at: datetime,
        reason: str,
        kind: str,
        detail: Mapping[str, Any],
    ) -> None:
        """Commit the session's state and an event, beside whatever else waits for the database."""
        ...


class Pausing:
    """Holds a session in the dark.

    Parameters
    ----------
    wishes
        Says whether to wait.
    stop
        Ends a wait.
    dark
        Parks the rig; returns when the sample is dark.
    darken
        Takes the light away whatever the devices do; returns at once.
    rows
        Where it is written down, in the background.
    clock
        Time.
    timeout_s
        After so long a pause ends the session; None for never.

    Attributes
    ----------
    guarded
        Whether a guardian watches; without one nothing is lit.
    why_not_go_on
        Asked when somebody lets the session go on: why it waits all the same; empty if it does not.
    """

    def __init__(
        self,
        wishes: Wishes,
        stop: StopSwitch,
        dark: Callable[[], None],
        darken: Callable[[], None],
        rows: Rows,
        clock: Clock,
        timeout_s: float | None = None,
    ) -> None:
        self.wishes = wishes
        self.announcing = Announcing()
        self._stop = stop
        self._dark = dark
        self._darken = darken
        self._rows = rows
        self._clock = clock
        self._limit_s = math.inf if timeout_s is None else timeout_s
        self._heard_s = math.nan
        self._dark_s = clock.monotonic()
        self._announced: Hold | None = None
        self._trial: int | None = None
        self.spoilt = False
        self.guarded: Callable[[], bool] = lambda: True
        self.why_not_go_on: Callable[[], str] = lambda: ""

    @property
    def wanted(self) -> bool:
        """Whether the session is to wait: somebody asked for it, or no guardian watches."""
        return self.wishes.hold is not None or not self.guarded()

    @property
    def status(self) -> dict[str, Any]:
        """How the session stands, for who asks."""
        hold = self._announced
        state = SessionState.RUNNING if hold is None else SessionState.PAUSED
        why = "" if hold is None else str(hold)
        return {"state": state.value, "why": why, "trial": self._trial}

    def watch(self) -> None:
        """Call while the devices work: takes their light away once they have had their time.

        What they measure meanwhile is `spoilt`.
        """
        if not self.wanted:
            self._heard_s = math.nan
            return
        now_s = self._clock.monotonic()
        if math.isnan(self._heard_s):
            self._heard_s = now_s
        # Should this process die now, nobody would put the light out: no frame is worth that.
        if now_s - self._heard_s > _DARK_S or not self.guarded():
            self.spoilt = True
            self._darken()

    def is_dark(self) -> None:
        """Note that the rig is parked: now it may be said that the session is paused."""
        hold = self.wishes.hold
        if hold is None or not (self._announced is None or self._announced.theirs):
            return
        if not hold.theirs:
            self._announce("paused", {"why": hold.why, "by": hold.by}, SessionState.PAUSED, hold)
        self._announced = hold

    def hold(self, look: Callable[[], None], over: Callable[[], bool]) -> bool:
        """Wait as long as that is asked for, in the dark; whether there was anything to wait for.

        Parameters
        ----------
        look
            Called every 0.1 s.
        over
            Whether to wait no longer, whatever was asked.
        """
        if self.wanted or self.spoilt:
            self._dark()
        self.spoilt = False
        wait_for_guardian(
            self.guarded,
            lambda: bool(self._stop.reason) or over(),
            lambda: self._look_in_the_dark(look),
            self._clock,
        )
        if self.wishes.hold is None and self._announced is None:
            return False
        began_s = self._dark_s = self._clock.monotonic()
        while (hold := self._still_held()) is not None and not (self._stop.reason or over()):
            self.is_dark()
            look()
            self._stay_dark()
            if self._clock.monotonic() - began_s > self._limit_s:
                self._stop.press(f"nobody let it go on within {self._limit_s:g} s: {hold.why}")
            time.sleep(_WATCH_S)
        self._heard_s = math.nan
        before, by = self._announced, self.wishes.continued_by
        if before is not None and self.wishes.hold is None:
            if by or not before.theirs:  # else the one who waited has said it
                self._announce("continued", {"by": by}, SessionState.RUNNING, None)
            self._announced = None
        return True

    def _still_held(self) -> Hold | None:
        """Give what it waits for, also where somebody has let it go on, and it must not."""
        before = self._announced
        if self.wishes.hold is None and before is not None and not before.theirs:
            why = self.why_not_go_on()
            if why:
                self.wishes.pause(why)
                if before.why != why:
                    self._announced = None  # said once more, with the reason of now
        return self.wishes.hold

    def _look_in_the_dark(self, look: Callable[[], None]) -> None:
        look()
        self._stay_dark()

    def _stay_dark(self) -> None:
        now_s = self._clock.monotonic()
        if now_s - self._dark_s > AGAIN_S:
            self._dark_s = now_s
            self._darken()

    @property
    def waits_itself(self) -> bool:
        """Whether this controller has said that the session waits."""
        return self._announced is not None and not self._announced.theirs

    def wait_for_verdict(
        self, trial: int, why: str, look: Callable[[], None], limit_s: float
    ) -> Request | None:
        """Wait in the dark for what a person says of a trial; None if nobody does in time.

        Parameters
        ----------
        trial
            Its number.
        why
            What it waits for.
        look
            Called every 0.1 s.
        limit_s
            For how long.
        """
        self._dark()
        hold = Hold(why)
        self._announce("paused", {"why": why}, SessionState.PAUSED, hold)
        self._announced, self._trial = hold, trial
        began_s = self._dark_s = self._clock.monotonic()
        said = None
        while said is None and not self._stop.reason:
            if self._clock.monotonic() - began_s > limit_s:
                break
            look()
            self._stay_dark()
            time.sleep(_WATCH_S)
            said = self.wishes.verdict(trial)
        if not self._stop.reason:
            if why := self.why_not_go_on():
                self.wishes.pause(why)  # before the next command
            by = "" if said is None else said.by
            self._announce("continued", {"by": by}, SessionState.RUNNING, None)
        self._announced = self._trial = None
        return said

    def _announce(
        self, kind: str, detail: Mapping[str, Any], state: SessionState, hold: Hold | None
    ) -> None:
        at, reason = self._clock.now(), "" if hold is None else str(hold)

        def write() -> None:
            self._rows.announce(state, at, reason, kind, detail)

        self.announcing.put(write)
