"""Estimates of trials to come, in processes of their own, while the session is at an earlier one.

A replay knows what frames come next: those of the next recorded trial. The session itself goes its
way trial by trial, with every check. When it asks for an estimate, and the frames that the devices
gave are bit for bit those that a process has been at, noise and options the same, it gets that
process's. In every other case it estimates by itself.

While a process is still at what the session waits for, the session's thread does the next ones, so
that a core for each is busy with one process less.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from drivers.types import Pixels
from hil.closing import Closing
from hil.information.registry import traits_of
from hil.records.estimate import Estimate
from hil.replay.estimate_process import EstimateAnswer, EstimateJob, EstimateProcess, answer_to

# Processes take a second or two to start: below so much work they are not worth it.
WORTH_S = 2.5
_MOST = 8
# Jobs under way for each process: while one is done the next is there.
_AHEAD = 2
# After so many estimates in a row that nobody was ahead of, something else is replayed.
_GIVE_UP = 16


@dataclass(frozen=True, slots=True)
class ComingFrames:
    """Frames that are going to be estimated together.

    Parameters
    ----------
    folder, fields
        Where they lie, see `EstimateJob`.
    checksums
        Of each field, as the database has them.
    saturation_adu
        Of the camera then.
    """

    folder: Path
    fields: tuple[int, ...]
    checksums: tuple[str, ...]
    saturation_adu: int


@dataclass(frozen=True, slots=True)
class _Pending:
    frames: ComingFrames
    options: Mapping[str, Any]
    answer: Future[EstimateAnswer | None]

    @property
    def job(self) -> EstimateJob:
        return EstimateJob(self.frames.folder, self.frames.fields, self.options)


class EstimatesAhead(Closing):
    """Takes the place of `hil.information.estimate_information` in a replay.

    Parameters
    ----------
    coming
        What is going to be asked for, in its order.
    n_processes
        How many at most; None for one a core but that of the session itself, and none on a single
        one.
    worth_s
        How much work there must be left for them to be started, seconds.
    expected_s
        How much work all of it was when it was recorded, seconds; 0 where nobody knows. Where that
        is enough processes are started at once, and load what they need while the session opens.

    Attributes
    ----------
    n_ahead
        Estimates that were under way before they were asked for.
    """

    def __init__(
        self,
        coming: Sequence[ComingFrames],
        n_processes: int | None = None,
        worth_s: float = WORTH_S,
        expected_s: float = 0.0,
    ) -> None:
        usual = min((os.cpu_count() or 1) - 1, _MOST)
        self._n_processes = usual if n_processes is None else n_processes
        self._worth_s = worth_s
        self._coming = deque(coming)
        self._pending: deque[_Pending] = deque()
        self._jobs: SimpleQueue[_Pending | None] = SimpleQueue()
        self._processes: list[EstimateProcess] = []
        self._threads: list[threading.Thread] = []
        self._noise: Any = None
        self._seconds: list[float] = []
        self._missed = 0
        self.n_ahead = 0
        if self._n_processes > 0 and expected_s >= worth_s > 0:
            self._start()

    def __call__(self, frames: Pixels, noise: Any, **options: Any) -> Estimate:
        """Estimate; see `hil.information.estimate_information`."""
        from hil.information import estimate_information
        from hil.store.frames.files import checksum

        checksums = tuple(checksum(field) for field in frames)
        estimate = self._ahead(checksums, noise, options)
        self._ask(noise, options)
        if estimate is None:
            estimate = estimate_information(frames, noise, **options)
            self._seconds.append(estimate.seconds)
            if not self._processes and self._is_worth_it(options):
                self._start()
                self._ask(noise, options)
        return estimate

    def close(self) -> None:
        """End the processes; what they are at is lost."""
        self._n_processes = 0
        for _ in self._threads:
            self._jobs.put(None)
        for process in self._processes:
            process.end()
        for thread in self._threads:
            thread.join()
        self._processes, self._threads = [], []
        self._pending.clear()

    def _ahead(
        self, checksums: tuple[str, ...], noise: Any, options: Mapping[str, Any]
    ) -> Estimate | None:
        """Give the estimate of exactly this, if a process is at it; its turn is then over."""
        if (index := _where(checksums, self._coming)) is not None:
            for _ in range(index + 1):
                self._coming.popleft()
            self._pending.clear()  # others come first, and answers to them are not waited for
            return None
        index = _where(checksums, [one.frames for one in self._pending])
        if index is None:
            return None
        pending = [self._pending.popleft() for _ in range(index + 1)][-1]
        if noise is self._noise and options == pending.options:
            self._help(pending)
            answer = pending.answer.result()
            if answer is not None and answer.checksums == checksums:
                self._missed = 0
                self.n_ahead += 1
                return answer.estimate
        self._missed += 1
        if self._missed >= _GIVE_UP:
            self.close()
        return None

    def _is_worth_it(self, options: Mapping[str, Any]) -> bool:
        # The first estimate of a program imports what it needs, and builds tables.
        if self._n_processes < 1 or len(self._seconds) < 2:
            return False
        if traits_of(options["estimator"]).compared == "never":  # those that train share cores
            return False
        return min(self._seconds) * len(self._coming) >= self._worth_s

    def _start(self) -> None:
        self._processes = [EstimateProcess() for _ in range(self._n_processes)]
        self._threads = [
            threading.Thread(target=self._feed, args=(one,), name="hil-ahead", daemon=True)
            for one in self._processes
        ]
        for thread in self._threads:
            thread.start()

    def _ask(self, noise: Any, options: Mapping[str, Any]) -> None:
        """Keep the processes busy, and no more than that: memory stays flat."""
        if self._noise is None:
            self._noise = noise
        n_busy = len(self._processes) + 1 if self._processes else 0
        while self._coming and len(self._pending) < _AHEAD * n_busy:
            frames = self._coming.popleft()
            own = {**options, "saturation_adu": frames.saturation_adu}
            pending = _Pending(frames, own, Future())
            self._pending.append(pending)
            self._jobs.put(pending)

    def _feed(self, process: EstimateProcess) -> None:
        while (pending := self._jobs.get()) is not None:
            pending.answer.set_result(process.run(pending.job, self._noise))

    def _help(self, wanted: _Pending) -> None:
        """Do jobs that no process has begun, until the one that is wanted is done."""
        while not wanted.answer.done():
            try:
                pending = self._jobs.get_nowait()
            except Empty:
                return
            if pending is None:  # the end has come
                self._jobs.put(None)
                return
            pending.answer.set_result(answer_to(pending.job, self._noise))


def _where(checksums: tuple[str, ...], frames: Iterable[ComingFrames]) -> int | None:
    return next((i for i, one in enumerate(frames) if one.checksums == checksums), None)
