"""Processes, told apart for as long as it matters: who holds a rig, who has a trial in work."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import psutil

Role = Literal["controller", "guardian"]

# A process on another host is taken for dead when it has not renewed its lease for this long.
SILENT_AFTER = timedelta(seconds=120)

# psutil derives a process's start from the boot time, which moves a little when the clock is set.
_SAME_START_S = 2.0


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that drives a rig.

    Parameters
    ----------
    host
        Name of the machine.
    pid, process_created
        Process number, and when it began (seconds since 1970): numbers are used again.
    role
        ``"controller"``, or ``"guardian"`` while it parks in the controller's place.
    session_id
        The session it works for; None for a park, a calibration or a measurement by hand.
    """

    host: str
    pid: int
    process_created: float
    role: Role = "controller"
    session_id: str | None = None

    @classmethod
    def this_process(cls, role: Role = "controller", session_id: str | None = None) -> Holder:
        """Describe the process that calls."""
        pid = os.getpid()
        created = psutil.Process(pid).create_time()
        return cls(platform.node(), pid, created, role, session_id)

    def same_process(self, other: Holder) -> bool:
        """Whether both are one process, whatever their roles."""
        return (
            self.host == other.host
            and self.pid == other.pid
            and abs(self.process_created - other.process_created) < _SAME_START_S
        )

    def alive(self, seen_at: datetime | None, now: datetime) -> bool:
        """Whether the process still runs.

        Parameters
        ----------
        seen_at
            When it last said so; counts only for a process on another host.
        now
            The present, UTC.
        """
        if self.host != platform.node():
            return seen_at is not None and now - seen_at < SILENT_AFTER
        try:
            process = psutil.Process(self.pid)
            created = process.create_time()
            if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
                return False  # it has ended; its parent has not asked how
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True  # it is there, and is somebody else's
        return abs(created - self.process_created) < _SAME_START_S
