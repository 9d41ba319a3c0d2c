"""Work on the devices: held while the session is paused, ended when a stop is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hil.errors import HilError, RigError
from hil.session.control.pausing import Pausing
from hil.session.loop.progress import SessionProgress
from hil.session.ports import Worker
from hil.supervision.stop import StopSwitch

T = TypeVar("T")


class Stopped(HilError):
    """The loop was asked to end while a trial was in work."""

    exit_status = 130


class DeviceWork:
    """Runs work on the devices, and keeps watch meanwhile.

    Parameters
    ----------
    devices
        Runs it, and calls what keeps watch every 0.1 s.
    worked
        Called after each work.
    stop
        Pressed by signals.
    pausing
        Holds it while a person wants it, or a rule does.
    hanging
        Says which call of which device hangs, empty if none does.
    look
        Called every 0.1 s: shows a guardian that this process lives, and asks for stops.
    halt
        Called every 0.1 s once a stop is asked for.
    progress
        Is told why nothing goes on.
    """

    def __init__(
        self,
        devices: Worker,
        worked: Callable[[], None],
        stop: StopSwitch,
        pausing: Pausing,
        hanging: Callable[[], str],
        look: Callable[[], None],
        halt: Callable[[], None],
        progress: SessionProgress,
    ) -> None:
        self._devices = devices
        self._worked = worked
        self._stop = stop
        self._pausing = pausing
        self._hanging = hanging
        self._look = look
        self._halt = halt
        self._progress = progress

    def run(self, work: Callable[[], T]) -> T:
        """Run work; again, where a pause took the light away from it.

        Raises
        ------
        Stopped
        HilError
            What the work itself raises.
        """
        while True:
            self.hold()
            self.raise_if_stopped()
            try:
                result = self._devices.run(work, self._watch)
            except RigError:
                if not self._pausing.spoilt or self._stop.reason or self._hanging():
                    raise
            else:
                self.raise_if_stopped()
                if not self._pausing.spoilt:
                    return result
            finally:
                self._worked()

    def hold(self) -> None:
        """Wait for as long as the session is paused."""
        if (hold := self._pausing.wishes.hold) is not None:
            self._progress.note(f"PAUSED: {hold}; goes on by hil continue")
        elif self._pausing.wanted:
            self._progress.note("dark until another guardian process watches")
        if self._pausing.hold(self._look, lambda: bool(self._hanging())):
            self._progress.failures = 0  # a person has seen them
            self._progress.note("")

    def raise_if_stopped(self) -> None:
        """End the trial in work if a stop is asked for.

        Raises
        ------
        Stopped
        """
        if self._stop.reason:
            raise Stopped(self._stop.reason)

    def _watch(self) -> None:
        """Run on the main thread every 0.1 s while the devices work."""
        self._look()
        self._pausing.watch()
        if self._stop.reason:
            self._halt()
