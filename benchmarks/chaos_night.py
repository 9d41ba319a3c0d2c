"""A night on a planted rig: its processes, its lamp, what went wrong in it, and what must hold."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.chaos_course import COURSE
from hil import Database, open_database
from hil.errors import HilError
from hil.records.trial import TrialRow, TrialState
from tests.hil import planted_rig
from tests.hil.small_session import BY_DEFAULT

# A machine that is busy starts a process late; nobody waits longer than this for anything.
PATIENCE_S = 120.0
MOVED = ("mirror.z5_nm", "focus.z_um", "stage.x_um", "stage.y_um", "light.power_mw")
RIG = planted_rig.RIG.replace("frame_timeout_s = 20", "frame_timeout_s = 8") + "".join(
    f'\n[limits."{name}"]\ntimeout_s = 1\n' for name in MOVED
)

# The program, with functions that are struck at calls of theirs. What it is told by signals is
# passed on at once, by the system's own handler: it says when the process got them.
CHILD = """
import builtins, importlib, json, os, signal, sys
from pathlib import Path

if "CHAOS_HEARD" in os.environ:
    heard = int(os.environ["CHAOS_HEARD"])
    os.set_blocking(heard, False)
    signal.set_wakeup_fd(heard)

def strike(module, owner, name, at, raises="", touch="", sends=0, after=False):
    target = importlib.import_module(module)
    target = getattr(target, owner) if owner else target
    real, calls = getattr(target, name), iter(range(1, 10**9))
    def work(*arguments, **named):
        hit = next(calls) in at
        if hit and touch:
            Path(touch).touch()
        if hit and raises:
            raise getattr(builtins, raises)(28, "No space left on device, on purpose")
        if hit and sends and not after:
            os.kill(os.getpid(), sends)
        try:
            return real(*arguments, **named)
        finally:
            if hit and sends and after:
                os.kill(os.getpid(), sends)
    setattr(target, name, work)

for struck in json.loads(sys.argv[1]):
    strike(**struck)
from hil.cli.main import main
del sys.argv[1]
main()
"""


class Broken(Exception):
    """Something that must hold does not."""


class Busy:
    """How busy this machine is: by so much it may be later than a quiet one."""

    def __init__(self) -> None:
        self._overslept_s: deque[tuple[float, float]] = deque(maxlen=20_000)
        threading.Thread(target=self._sleep, daemon=True).start()

    def _sleep(self) -> None:
        while True:
            began = time.time()
            time.sleep(0.02)
            self._overslept_s.append((began, time.time() - began - 0.02))

    @property
    def load(self) -> float:
        """Processes that want each of this machine's cores, 1 or more."""
        return max(psutil.getloadavg()[0] / (psutil.cpu_count() or 1), 1.0)

    def allowed_s(self, at_most_s: float, since: float) -> float:
        """Give how long something may take here that takes so long on a quiet machine."""
        late = [over for began, over in tuple(self._overslept_s) if began >= since - 0.1]
        return at_most_s * self.load + max(late, default=0.0)


BUSY = Busy()


@dataclass
class ChaosRow:
    """One row of the table; see `benchmarks.chaos_course` for who looks on."""

    fault: str
    tried: int = 0
    survived: int = 0
    worst_s: float = 0.0
    load: float = 1.0
    problems: list[str] = field(default_factory=list)

    def attempt(self, case: str, work: Callable[[], float]) -> None:
        """Try one case; its work gives the seconds until dark and raises `Broken`."""
        COURSE.begin(self)
        self.load = max(self.load, BUSY.load)
        try:
            self.worst_s = max(self.worst_s, work())
            self.survived += 1
        except (Broken, HilError, subprocess.TimeoutExpired) as error:
            self.problems.append(f"{case}: {error}")
        self.tried += 1  # one that is cut off by Ctrl-C does not count
        COURSE.ended(self)

    def __str__(self) -> str:
        line = f"{self.fault:46} {self.tried:6} {self.survived:9} {self.worst_s:7.2f} s"
        line = f"{line} {self.load:6.1f}"
        return "\n".join((line, *(f"    {problem}" for problem in self.problems)))


class Night:
    """A folder with a session on the planted rig."""

    def __init__(
        self, folder: Path, trials: int = 30, url: str = "", rig: str = RIG, extra: str = ""
    ) -> None:
        self.folder = folder
        self.url = url or f"sqlite:///{(folder / 'hil.db').as_posix()}"
        self.environ = planted_rig.plant(folder)
        text = BY_DEFAULT.replace("trials = 6", f"trials = {trials}")
        text = text.replace("step_um = 10 }", "step_um = 10 }\n" + extra)
        (folder / "rig.toml").write_text(rig, encoding="utf-8")
        session = text + '[finish]\nremeasure = 0\n[estimator]\nkind = "stationary"\n'
        session += '[fixed]\n"camera.exposure_ms" = 10.0\n'  # so that the camera is set, too
        (folder / "session.toml").write_text(session, encoding="utf-8")
        self._started: list[subprocess.Popen[str]] = []
        self._hears, self._tells = os.pipe()
        self.environ["CHAOS_HEARD"] = str(self._tells)

    def heard(self, seconds: float = 60.0) -> float:
        """Give the time at which a process that was started here got a signal."""
        if not select.select([self._hears], [], [], seconds)[0]:
            raise Broken(f"no signal in {seconds:g} s")
        at = time.time()
        os.read(self._hears, 4096)
        return at

    def start(
        self,
        *arguments: str,
        struck: Sequence[Mapping[str, Any]] = (),
        before: Sequence[str] = (),
        code: str = "",
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start the program; what is struck fails at calls of its own."""
        given: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        if not options:
            options = given
        program = (sys.executable, "-c", code + CHILD)
        process = subprocess.Popen(
            [*before, *program, json.dumps(list(struck)), *arguments, "--db", self.url],
            cwd=self.folder,
            env=self.environ,
            text=True,
            pass_fds=[self._tells],
            **options,
        )
        self._started.append(process)
        return process

    def begin(self, **options: Any) -> subprocess.Popen[str]:
        """Run the session, or resume it once there is one."""
        arguments = ("resume", "last") if self.rows() else ("run", "session.toml")
        return self.start(*arguments, **options)

    def end(self) -> None:
        """End what is left of its processes."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
        os.close(self._hears)
        os.close(self._tells)

    def database(self) -> Database:
        """Open it; its frames lie beside it, wherever it is."""
        return open_database(self.url, frames=self.folder / "hil-frames")

    def rows(self) -> list[TrialRow]:
        """Give the trials; none where there is no session yet."""
        with suppress(HilError), self.database() as database:
            return database.rows("last")
        return []

    def complete(self) -> dict[int, str]:
        """Tell what is known of each COMPLETE trial."""
        return {
            row.number: json.dumps([dict(row.requested), row.objectives])
            for row in self.rows()
            if row.state is TrialState.COMPLETE
        }

    def reason(self) -> str:
        """Tell why the newest session ended; its output may have gone with a terminal."""
        with self.database() as database:
            return str(database.session("last").reason)

    def events(self) -> list[tuple[str, Any]]:
        """Give the events, each with its detail."""
        with self.database() as database:
            events = database.events("last")
        return list(zip(events["kind"], events["detail"], strict=True))

    def lit(self) -> bool:
        """Tell whether the lamp is on."""
        return planted_rig.lit_mw(self.folder) > 0.0

    def wait_lit(self, process: subprocess.Popen[str], done: int = 0) -> None:
        """Wait until the lamp is lit by a living process, and so many trials are COMPLETE."""
        self.wait(
            lambda: process.poll() is not None or (self.lit() and len(self.complete()) >= done),
            "the lamp is lit",
        )

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Broken(f"in {seconds:g} s it did not come to: {what}")
            time.sleep(0.01)

    def dark_after(self, since: float, at_most_s: float) -> float:
        """Give the seconds from a moment until the lamp was off."""
        deadline = time.monotonic() + max(BUSY.allowed_s(at_most_s, since), 20.0)
        while self.lit():
            if time.monotonic() > deadline:
                raise Broken(f"light is on {time.time() - since:.1f} s after")
            time.sleep(0.01)
        dark_s = max(planted_rig.lit_since(self.folder) - since, 0.0)
        if dark_s > (allowed_s := BUSY.allowed_s(at_most_s, since)):
            raise Broken(
                f"dark after {dark_s:.2f} s, and not {at_most_s:g} s ({allowed_s:.2f} s at a load"
                f" of {BUSY.load:.1f})"
            )
        return dark_s

    def check_ended(self, process: subprocess.Popen[str], status: Sequence[int]) -> str:
        """Wait for the end; what it said. No trial is left open, and no traceback shown."""
        try:
            _, said = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Broken("the process does not end") from None
        said = said or ""
        if "Traceback" in said:
            raise Broken(f"a traceback: {said[-600:]}")
        if process.returncode not in status:
            raise Broken(f"status {process.returncode}: {said[-300:].strip()}")
        return said

    def check_closed(self) -> None:
        """No trial is left open."""
        still = {row.number: str(row.state) for row in self.rows() if not row.state.ended}
        if still:
            raise Broken(f"left open: {still}")

    def check_kept(self, known: Mapping[int, str]) -> dict[int, str]:
        """Nothing that was COMPLETE is lost or changed, nothing doubled; what is known now."""
        now = self.complete()
        lost = [number for number in known if now.get(number) != known[number]]
        if lost:
            raise Broken(f"trials lost or changed: {lost}")
        numbers = [row.number for row in self.rows()]
        if numbers != list(range(len(numbers))):
            raise Broken(f"numbers of trials: {numbers}")
        points = [json.dumps(json.loads(text)[0]) for text in now.values()]
        if len(set(points)) != len(points):
            raise Broken("settings measured twice")
        return now

    def check_frames(self) -> None:
        """All frames match their checksums."""
        with self.database() as database:
            wrong = database.verify("last")
        if wrong:
            raise Broken(f"frames that do not match: {wrong[:3]}")


@contextmanager
def night(**options: Any) -> Iterator[Night]:
    """Make a folder with a session, and leave nothing of it behind."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        made = Night(Path(name), **options)
        try:
            yield made
        finally:
            made.end()


def guardians(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Give the guardians of a controller."""
    with suppress(psutil.Error):
        return [
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if any("guardian_process" in word for word in child.cmdline())
        ]
    return []
