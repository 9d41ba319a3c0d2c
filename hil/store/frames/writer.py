"""The thread that brings frames to the disk, fed by a queue that slows the loop rather than grow.

Each field of view is compressed, checksummed, written and synced as it comes, while the camera
takes the next; `FrameWriter.seal` then has little left to wait for.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hil.closing import Closing
from hil.errors import StoreError
from hil.records.frames import FieldFrames
from hil.records.imaging import Imaging
from hil.store.frames import files as frame_files
from hil.store.frames.ngff import ngff
from hil.waits.waits import WAITS

Keep = Literal["all", "first", "none"]

# What is waited for where frames do not come to lie on their disk.
FRAMES = "the disk of the frames"
# Fields of view waiting to be written. More would only hide a disk that is too slow.
QUEUE_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Sealed:
    """What lies on the disk for one trial, synced.

    Parameters
    ----------
    path
        Of the array, relative to the frames folder, with ``/``; None where no pixels are kept.
    shape
        (n_fields, n_repeats, [channels,] height, width) of what is kept; None where nothing is.
    n_frames
        Frames taken, kept or not.
    fields
        Fields of view that were written, ascending.
    checksums
        SHA-256 of each one's pixels, see `hil.store.frames.files.checksum`.
    """

    path: str | None
    shape: tuple[int, ...] | None
    dtype: str
    n_frames: int
    fields: tuple[int, ...]
    checksums: tuple[str, ...]
    exposure_ms: float
    saturation_adu: int


@dataclass(slots=True)
class _Stack:
    """A trial whose frames are coming in. Touched by the writer thread alone."""

    name: str
    attributes: Mapping[str, Any]
    first: FieldFrames | None = None
    n_fields: int = 0
    digests: dict[int, str] = field(default_factory=dict)
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Put:
    number: int
    frames: FieldFrames
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Seal:
    number: int
    answer: Future[Sealed | None]


class FrameWriter(Closing):
    """Writes the frames of one session's trials on a thread of its own.

    Parameters
    ----------
    folder
        The frames folder, shared by all sessions.
    session_id
        Name of the session's group in it.
    keep
        ``"all"`` frames, the ``"first"`` repeat of every field of view, or ``"none"``.
    imaging
        What the session knows of its frames, for other programs.
    """

    def __init__(
        self, folder: Path, session_id: str, keep: Keep, imaging: Imaging | None = None
    ) -> None:
        self._folder = folder / session_id
        self._session_id = session_id
        self._keep = keep
        self._imaging = imaging or Imaging()
        self._n_fields = 1
        self._stacks: dict[int, _Stack] = {}
        self._queue: queue.Queue[_Put | _Seal | None] = queue.Queue(QUEUE_LENGTH)
        self._thread = threading.Thread(target=self._work, name="hil-frames", daemon=True)
        self._failed = threading.Event()
        self._failure = ""
        if keep != "none":
            frame_files.load_libraries()
        self._thread.start()

    def put(self, number: int, frames: FieldFrames, attributes: Mapping[str, Any]) -> None:
        """Hand over one field of view; blocks while the queue is full.

        Raises
        ------
        StoreError
            Frames handed over earlier could not be written: a full disk, say.
        """
        self.check()
        with WAITS.waiting(FRAMES):
            self._queue.put(_Put(number, frames, attributes))

    def check(self) -> None:
        """Raise the StoreError of frames that could not be written, if there is one."""
        if self._failed.is_set():
            raise StoreError(self._failure)

    def seal(self, number: int) -> Sealed | None:
        """Wait until all frames of a trial are on the disk, and describe them; None without any.

        Raises
        ------
        StoreError
            They could not all be written. Said once: the next trial starts afresh.
        """
        answer: Future[Sealed | None] = Future()
        try:
            with WAITS.waiting(FRAMES):
                self._queue.put(_Seal(number, answer))
                return answer.result()
        except OSError as error:
            self._failed.clear()
            raise StoreError(_complaint(number, error)) from error

    def close(self) -> None:
        """Write what was handed over, and end the thread."""
        if self._thread.is_alive():
            with WAITS.waiting(FRAMES):
                self._queue.put(None)
                self._thread.join()

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            if isinstance(task, _Put):
                stack = self._stacks.setdefault(
                    task.number, _Stack(frame_files.array_name(task.number), task.attributes)
                )
                if stack.error is None:
                    self._try(task, stack)
            else:
                self._answer(task, self._stacks.pop(task.number, None))

    def _try(self, task: _Put, stack: _Stack) -> None:
        try:
            self._write(task.frames, stack)
        except Exception as error:  # whatever it is, the loop must hear of it
            stack.error = error
            self._failure = _complaint(task.number, error)
            self._failed.set()

    def _answer(self, task: _Seal, stack: _Stack | None) -> None:
        try:
            if stack is not None and stack.error is not None:
                raise stack.error
            task.answer.set_result(self._sync(stack) if stack is not None else None)
        except Exception as error:
            wrapped = error if isinstance(error, OSError) else OSError(str(error))
            task.answer.set_exception(wrapped)

    def _write(self, frames: FieldFrames, stack: _Stack) -> None:
        pixels = frames.frames[:1] if self._keep == "first" else frames.frames
        if stack.first is None:
            stack.first = frames
        elif frames.frames.shape != stack.first.frames.shape or (
            frames.frames.dtype != stack.first.frames.dtype
        ):
            raise OSError(
                f"field {frames.field} has shape {frames.frames.shape} {frames.frames.dtype},"
                f" the ones before {stack.first.frames.shape} {stack.first.frames.dtype}"
            )
        if self._keep != "none":
            array = self._folder / stack.name
            if not stack.digests:
                frame_files.make_group(self._folder, {"session": self._session_id})
                self._make_image(array, stack, frames)
            if frames.field >= stack.n_fields:
                # At once, with the number of fields of the last trial, so that what a killed
                # process leaves behind is an array too, and others read what there is.
                self._write_metadata(stack, max(self._n_fields, frames.field + 1))
            frame_files.write_chunk(array, frames.field, pixels)
            if not stack.digests:
                # Now, while the camera takes the next field: at the end the loop waits for it.
                frame_files.sync_new_image(array)
        stack.digests[frames.field] = frame_files.checksum(pixels)

    def _make_image(self, folder: Path, stack: _Stack, frames: FieldFrames) -> None:
        """Make the trial's group, which other programs open from now on."""
        n_channels = frames.frames.shape[1] if frames.frames.ndim == 4 else 0
        settings = stack.attributes.get("settings") or {}
        said = ngff(
            f"{self._imaging.name}, trial {int(stack.name)}".lstrip(", "),
            self._imaging.channel_names(n_channels),
            self._imaging.size_um(settings),
            frames.saturation_adu,
        )
        frame_files.make_image(folder, {"ome": said})

    def _write_metadata(self, stack: _Stack, n_fields: int) -> None:
        assert stack.first is not None, "written once there are frames"
        stack.n_fields = n_fields
        frame_files.write_metadata(
            self._folder / stack.name,
            n_fields,
            stack.first.frames[:1] if self._keep == "first" else stack.first.frames,
            {
                **stack.attributes,
                "exposure_ms": stack.first.exposure_ms,
                "saturation_adu": stack.first.saturation_adu,
                "fields": sorted(stack.digests),
            },
        )

    def _sync(self, stack: _Stack) -> Sealed | None:
        if stack.first is None:
            return None
        first = stack.first
        fields = tuple(sorted(stack.digests))
        shape = None
        if self._keep != "none":
            self._n_fields = max(fields) + 1
            self._write_metadata(stack, self._n_fields)
            frame_files.sync_array(self._folder / stack.name)
            repeats, *frame = first.frames.shape
            shape = (len(fields), 1 if self._keep == "first" else repeats, *frame)
        return Sealed(
            path=None if shape is None else f"{self._session_id}/{stack.name}",
            shape=shape,
            dtype=first.frames.dtype.name,
            n_frames=len(fields) * first.frames.shape[0],
            fields=fields,
            checksums=tuple(stack.digests[index] for index in fields),
            exposure_ms=first.exposure_ms,
            saturation_adu=first.saturation_adu,
        )


def _complaint(number: int, error: Exception) -> str:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"the frames of trial {number} could not be written: {why}"
