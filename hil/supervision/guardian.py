"""A small process that parks the rig when its controller dies or hangs: the controller's side.

The guardian is warm before anything moves: it has imported what it needs and read the rig file.
It hears heartbeats over a pipe, and answers that it lives; one that is gone is replaced at once.
`hil.supervision.guardian_process` is what it does itself.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import IO

from hil.errors import HilError
from hil.locks.kept_open import KEPT_OPEN

HEARTBEAT = b"heartbeat\n"
FAREWELL = b"farewell\n"
READY = b"ready\n"
UNFIT = b"unfit "
ALIVE = b"alive\n"
# How often either side says that it lives.
BEAT_S = 0.5
HANG_S = 20.0
# A guardian that has said nothing for so long is replaced; it may be stopped, or starved.
_SILENT_S = 15.0
READY_S = 60.0
# Who has not looked for so long did not run, nor perhaps did the guardian: that is no silence.
_ASLEEP_S = 5.0
# A guardian that dies as soon as it is born is not born again all the time.
_BETWEEN_S = 5.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What a guardian needs to know.

    Parameters
    ----------
    rig_path, rig_text
        The rig file as the session knows it.
    database, frames
        Where the park is written down, as the session was told; the URL goes through the pipe
        alone.
    session_id
        The session that is guarded; None for a calibration or a measurement outside of any.
    pid
        The controller's process.
    hang_s
        Silence that counts as a hang, seconds.
    moves
        Whether things move by now. Before, silence is no hang, and at the controller's death the
        rig is parked only where nobody knows how its last holder left it.
    """

    rig_path: str
    rig_text: str
    database: str | None
    frames: str
    session_id: str | None
    pid: int
    hang_s: float = HANG_S
    moves: bool = True

    def line(self) -> bytes:
        """Write them as a guardian reads them."""
        return json.dumps(asdict(self)).encode() + b"\n"


class GuardianProcess:
    """A guardian without orders yet: it imports what it will need."""

    def __init__(self) -> None:
        # A Ctrl-C in the terminal, or closing it, must reach the controller alone.
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        self.around = _around()
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "hil.supervision.guardian_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
            start_new_session=sys.platform != "win32",
        )
        self._kept = KEPT_OPEN.keep(*(pipe.fileno() for pipe in self._pipes()))
        self.told = threading.Event()
        self._over = False
        self.unfit = ""
        self.heard_s = time.monotonic()
        try:
            threading.Thread(target=self._follow, name="hil-guardian", daemon=True).start()
        except RuntimeError:
            self.process.kill()
            self.end()
            raise

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        return self.process.stdin, self.process.stdout

    def _follow(self) -> None:
        with suppress(OSError):  # somebody has closed the pipe: it is not heard any longer
            self._hear()
        self._over = True
        self.told.set()

    def _hear(self) -> None:
        for line in iter(self._pipes()[1].readline, b""):
            self.heard_s = time.monotonic()
            if line.startswith(UNFIT):
                self.unfit = line.removeprefix(UNFIT).decode(errors="replace").strip()
            if line != ALIVE:
                self.told.set()

    @property
    def alive(self) -> bool:
        """Whether it runs, and says so."""
        silent = self.told.is_set() and time.monotonic() - self.heard_s > _SILENT_S
        return self.process.poll() is None and not silent

    def write(self, line: bytes) -> None:
        """Say something to it; nothing happens where it is gone."""
        said = self._pipes()[0]
        try:
            said.write(line)
            said.flush()
        except (OSError, ValueError):
            pass  # `alive` says so

    def order(self, orders: Orders) -> None:
        """Give it orders, in the place of those that it has; `told` is set once it has answered."""
        self.told.clear()
        self.unfit = ""
        self.heard_s = time.monotonic()
        self.write(orders.line())
        if self._over:  # it says nothing any more, and has not to be waited for
            self.told.set()

    def leave(self) -> None:
        """Close the pipe without a farewell."""
        if KEPT_OPEN.let_go(*self._kept, of=self.process):
            with suppress(OSError):
                self._pipes()[0].close()

    def end(self) -> None:
        """Let it end, which it does once the pipe is closed; by force where it does not."""
        said, heard = self._pipes()
        whole = KEPT_OPEN.let_go(*self._kept, of=self.process)
        if whole:
            with suppress(OSError):  # it is gone
                said.close()
        try:
            self.process.wait(timeout=5 if self.alive else 0.1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if whole:
            with suppress(OSError):
                heard.close()


class _Spare:
    """Keeps one guardian that has no orders, so that the next work does not wait for imports."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._spare: GuardianProcess | None = None

    def take(self) -> GuardianProcess:
        """Give a guardian that is warm, if there is one that fits; else a new one."""
        with self._guard:
            spare, self._spare = self._spare, None
        if spare is not None and spare.alive and spare.around == _around():
            return spare
        _end_idle(spare)
        return GuardianProcess()

    def give(self, process: GuardianProcess) -> None:
        """Keep a guardian that has no orders, or has been told farewell."""
        with self._guard:
            before, self._spare = self._spare, process
        _end_idle(before)

    def end(self) -> None:
        """End the one that is kept."""
        with self._guard:
            spare, self._spare = self._spare, None
        _end_idle(spare)


def _end_idle(process: GuardianProcess | None) -> None:
    """End one that has nothing to do; it may still be importing, which nobody waits for."""
    if process is not None:
        process.process.kill()
        process.end()


def _around() -> object:
    """Give what a process has from the one that starts it; with another the two would disagree."""
    named = {k: v for k, v in os.environ.items() if k.startswith(("HIL_", "PG", "PYTHON"))}
    try:
        folder = os.getcwd()
    except OSError:  # it has been deleted
        folder = ""
    return folder, tuple(sorted(named.items())), os.getpid()


# One for the whole program: a process is what it keeps.
_SPARE = _Spare()
atexit.register(_SPARE.end)


class Guardian:
    """Has a process keep watch over this one, sends heartbeats, and says farewell.

    Parameters
    ----------
    orders
        Sent to the guardian, and to each that takes its place.
    progressing
        Whether the controller's device thread gets on; while it does not, no heartbeat is sent.
    on_event
        Told with words and detail when a guardian is gone and replaced, or cannot do its work.
    process
        One that is starting or warm, and nobody else's; None for any.
    """

    def __init__(
        self,
        orders: Orders,
        progressing: Callable[[], bool],
        on_event: Callable[[str, dict[str, str]], None] = lambda kind, detail: None,
        process: GuardianProcess | None = None,
    ) -> None:
        self._orders = orders
        self._progressing = progressing
        self._on_event = on_event
        self._beaten_s = self._begun_s = 0.0
        self._looked_s = time.monotonic()
        self._unfit = ""
        self._process = self._begin(process)

    def _begin(self, process: GuardianProcess | None = None) -> GuardianProcess:
        self._begun_s = time.monotonic()
        if process is not None and not process.alive:
            _end_idle(process)
            process = None
        try:
            process = process or _SPARE.take()
        except (OSError, RuntimeError) as error:  # as many processes or threads as there may be
            raise HilError(f"the guardian process cannot be started: {error}") from error
        process.order(self._orders)
        return process

    @property
    def pid(self) -> int:
        """Number of the process that keeps watch."""
        return self._process.process.pid

    @property
    def guards(self) -> bool:
        """Whether one has its orders, lives, and could park at once."""
        return self._process.told.is_set() and self._process.alive

    def wait_ready(self) -> None:
        """Wait until the guardian could park at once: nothing moves before.

        Raises
        ------
        HilError
            It did not start.
        """
        for _ in range(2):  # one that had idled may have ended just as it was given orders
            if self._process.told.wait(READY_S) and self._process.alive:
                self._say_if_unfit()
                return
            gone, self._process = self._process, self._begin()
            _end_idle(gone)
        raise HilError("the guardian process did not start: nothing may move without it")

    def heartbeat(self) -> None:
        """Say that the session goes on; cheap, called as often as one likes."""
        now_s = time.monotonic()
        if now_s - self._looked_s > _ASLEEP_S:
            self._process.heard_s = now_s
        self._looked_s = now_s
        if now_s - self._beaten_s < BEAT_S or not self._progressing():
            return
        self._beaten_s = now_s
        if not self._process.alive and now_s - self._begun_s > _BETWEEN_S:
            status = self._process.process.poll()
            why = "it is silent" if status is None else f"its process ended with status {status}"
            try:
                gone, self._process = self._process, self._begin()
            except HilError:
                return  # it is dark, and tried again
            # It may be stopped: then it would park under our feet when it goes on.
            gone.process.kill()
            gone.end()
            detail = {"why": why, "pid": str(gone.process.pid), "replaced_by": str(self.pid)}
            self._on_event("guardian_lost", detail)
        self._say_if_unfit()
        self._process.write(HEARTBEAT)

    def farewell(self) -> None:
        """Say that the rig is parked; the guardian goes back to waiting for orders."""
        dismiss(self._process)

    def leave_to_it(self) -> None:
        """Have the guardian park: for it this process is as good as dead."""
        self._process.leave()

    def _say_if_unfit(self) -> None:
        if self._process.unfit and not self._unfit:
            self._unfit = self._process.unfit
            self._on_event("guardian_unfit", {"why": self._unfit})


def guardian_to_come() -> GuardianProcess | None:
    """Give a guardian that nobody else has, warm or only starting; None where none can be had."""
    try:
        return _SPARE.take()
    except (OSError, RuntimeError):  # who needs one then says why there is none
        return None


def dismiss(process: GuardianProcess) -> None:
    """Say that nothing needs watching; the guardian waits for other orders."""
    process.write(FAREWELL)
    if process.alive:
        _SPARE.give(process)
    else:
        process.end()
