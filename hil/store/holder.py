"""Processes, told apart for as long as it matters: who holds a rig, who has a trial in work."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Literal

import psutil

from hil.locks.life import look, own_token
from hil.locks.progress import Life

Role = Literal["controller", "guardian"]


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that drives a rig.

    Parameters
    ----------
    host
        Name of the machine.
    pid, process_created
        Process number, and when it began (seconds since 1970); for people to read. The one is used
        again, and the other moves with the clock.
    role
        ``"controller"``, or ``"guardian"`` while it parks in the controller's place.
    session_id
        The session it works for; None for a park, a calibration or a measurement by hand.
    token
        The mark of the process, like no other's; empty in rows of before there were marks.
    """

    host: str
    pid: int
    process_created: float
    role: Role = "controller"
    session_id: str | None = None
    token: str = ""

    @classmethod
    def this_process(cls, role: Role = "controller", session_id: str | None = None) -> Holder:
        """Describe the process that calls."""
        pid = os.getpid()
        created = psutil.Process(pid).create_time()
        return cls(platform.node(), pid, created, role, session_id, own_token())

    def same_process(self, other: Holder) -> bool:
        """Whether both are one process, whatever their roles."""
        return (self.host, self.pid, self.token) == (other.host, other.pid, other.token)

    def life(self) -> Life:
        """Tell whether the process lives, as far as this machine can tell by itself."""
        return look(self.token, self.pid) if self.host == platform.node() else Life.UNKNOWN

    def __str__(self) -> str:
        session = f", session {self.session_id[:8]}" if self.session_id else ""
        return f"a {self.role} on {self.host} (process {self.pid}{session})"
