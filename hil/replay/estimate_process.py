"""A process that estimates frames as they lie on the disk, while another does something else.

It is started as ``python -m hil.replay.estimate_process``, and not forked: so it is the same on all
systems, and a program that replays needs no guard around its main part. Both sides are one program
on one machine, so what they say to each other is pickled.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.records.estimate import Estimate


@dataclass(frozen=True, slots=True)
class EstimateJob:
    """Frames to estimate.

    Parameters
    ----------
    folder, fields
        Array of a trial, and which of its fields of view.
    options
        As of `hil.information.estimate_information`.
    """

    folder: Path
    fields: tuple[int, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EstimateAnswer:
    """An estimate, and of what.

    Parameters
    ----------
    checksums
        Of the pixels of each field, as they were read.
    """

    estimate: Estimate
    checksums: tuple[str, ...]


class EstimateProcess:
    """One such process; it imports what it needs while nobody waits for it."""

    def __init__(self) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        # A Ctrl-C in the terminal must reach the session alone, which ends this one.
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", "hil.replay.estimate_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
            start_new_session=sys.platform != "win32",
        )
        self._knows_noise = False
        self._guard = threading.Lock()

    def run(self, job: EstimateJob, noise: Any) -> EstimateAnswer | None:
        """Have a job done, and wait for it; None if it failed, or if the process is gone.

        Parameters
        ----------
        job
            What is estimated.
        noise
            The noise model of all its jobs, told once: so its tables are built once.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            with self._guard:
                if not self._knows_noise:
                    pickle.dump(noise, stdin)
                    self._knows_noise = True
                pickle.dump(job, stdin)
                stdin.flush()
                answer: EstimateAnswer | None = pickle.load(stdout)
                return answer
        except (OSError, EOFError, ValueError, pickle.PickleError, AttributeError, TypeError):
            return None

    def end(self) -> None:
        """Let it end now, whatever it does: nobody wants its answer any more."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def serve() -> None:
    """Do jobs until the other side is gone."""
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever prints must not come between the answers
    _load()
    with suppress(EOFError, OSError):
        noise = pickle.load(jobs)
        while True:
            pickle.dump(answer_to(pickle.load(jobs), noise), answers)
            answers.flush()


def _load() -> None:
    """Import what estimates take, by one of a few pixels, while nobody waits for it."""
    import numpy as np

    from hil.information import estimate_information
    from hil.noise import GaussianNoise

    pixels = np.random.default_rng(0).normal(size=(4, 2, 32, 32))
    with suppress(Exception):  # jobs tell what is wrong
        estimate_information(pixels, GaussianNoise(0.5), "stationary", patch_size=4)


def answer_to(job: EstimateJob, noise: Any) -> EstimateAnswer | None:
    """Do a job; None if it cannot be done."""
    from hil.information import estimate_information
    from hil.store.frames.files import checksum, read_fields

    try:
        pixels = read_fields(job.folder, list(job.fields))
        estimate = estimate_information(pixels, noise, **job.options)
        return EstimateAnswer(estimate, tuple(checksum(field) for field in pixels))
    except Exception:  # the session comes to the same error by itself, and says where
        return None


if __name__ == "__main__":
    # Classes are pickled by the name of their module, which is not what this one is run as.
    from hil.replay import estimate_process

    estimate_process.serve()
