"""A camera of Micro-Manager: series of frames, none of them stale, dropped or left waiting for.

Every frame comes from a sequence acquisition, never from ``snapImage``, which cannot be ended.
Stopping a sequence may take as long as the exposure that is running (the demo camera: 2.7 s of 3),
and holds up every device of the same adapter. So a long exposure that is cancelled is left to end
in the dark; whatever needs the camera next ends it first.
"""

from __future__ import annotations

import contextlib
import math
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from drivers.errors import (
    CaptureCancelled,
    DeviceFault,
    DriverError,
    FrameLost,
    FrameTimeout,
    SettleTimeout,
)
from drivers.frame import Frame, FrameMeta
from drivers.micromanager.core import Core
from drivers.micromanager.device import MicroManagerDevice
from drivers.micromanager.parts import Part
from drivers.micromanager.sequence import read_sequence
from drivers.micromanager.triggered import stepped, stepping
from drivers.micromanager.values import readable, sayable
from drivers.sequence import Plane
from drivers.types import Pixels, Value

LONG_EXPOSURE_MS = 500.0
"""Above it frames are taken one by one, and a cancelled one is not waited for."""

SHUTTER_TIMEOUT_S = 5.0
THREAD_END_S = 0.2
"""How long a camera's own thread may still run after its series has ended."""

NAMES_THE_CAMERA = re.compile(
    r"serial|s/?n$|camera.?(id|name|type)|model|vendor|chip|firmware|head|^name$",
    re.IGNORECASE,
)
"""Properties that cannot be set and say which camera it is, in the words of several adapters."""

_POLL_S = 0.001
_MIB = 2**20


class MicroManagerCamera(MicroManagerDevice):
    """A camera.

    While the core's auto-shutter is on, its shutter is opened once before a series and closed
    after it, also after an error. While it is off, light is as the shutters' settings say.

    Parameters
    ----------
    core, label, parts
        As for every device.
    buffer_mb
        How much memory the core may use for frames that were taken and not fetched yet, MiB.
    """

    def __init__(self, core: Core, label: str, parts: Sequence[Part], buffer_mb: int) -> None:
        super().__init__(core, label, parts)
        self._buffer_mb = buffer_mb
        self._cancelled = threading.Event()
        self._running = False
        self._ended_at = -math.inf

    def start(self, values: Mapping[str, Value]) -> None:
        """Send values; a sequence that still runs is ended first, since it would take them."""
        self.check(values)
        self.end_sequence()
        super().start(values)

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Yield n frames; see `drivers.protocol.Camera`.

        Raises
        ------
        DeviceFault
            Also when the camera is set to colour, to floating point, or to several channels.
        """
        if n < 1:
            raise ValueError(f"n is {n}, allowed: 1 or more")
        self._cancelled.clear()
        return self._frames(n, timeout_s)

    def identity(self) -> Mapping[str, str]:
        """Adapter, and every text by which the camera names itself; see `Identified`."""
        with self._core.words(self._label, "asking which camera it is"):
            found: dict[str, str] = {"adapter": self._core.getDeviceLibrary(self._label)}
            for name in self._core.getDevicePropertyNames(self._label):
                if not NAMES_THE_CAMERA.search(name) or not sayable(name):
                    continue
                if "temperature" in name.lower():
                    continue
                fixed = self._core.isPropertyReadOnly(self._label, name)
                if fixed or self._core.isPropertyPreInit(self._label, name):
                    found[name] = self._core.getProperty(self._label, name)
        # A single snap may be exposed otherwise (rolling shutter, overlap, cleaning of the chip).
        found["frames"] = "taken in sequences"
        return {name: readable(text) for name, text in found.items() if text}

    def channels(self) -> int:
        """Tell of how many cameras it gives the frames: 1, or those of a Multi Camera."""
        with self._core.words(self._label, "asking for its channels"):
            before = self._core.getCameraDevice()
            self._core.setCameraDevice(self._label)
            try:
                return int(self._core.getNumberOfCameraChannels())
            finally:
                self._core.setCameraDevice(before)

    def planes(self, text: str) -> tuple[Plane, ...]:
        """Read a sequence of useq-schema; see `drivers.sequence.Sequenced`."""
        with self._core.words(self._label, "asking for the focus stage"):
            focus = self._core.getFocusDevice()
        return read_sequence(text, self._label, focus)

    def triggers(self, states: Sequence[Mapping[str, Value]]) -> None:
        """See that all devices can step by its trigger; see `drivers.sequence.Triggered`."""
        stepped(self._core, self._label, states)

    def capture_states(
        self, states: Sequence[Mapping[str, Value]], timeout_s: float
    ) -> Iterator[Frame]:
        """Yield one frame at each state; see `drivers.sequence.Triggered`."""
        self._cancelled.clear()
        return self._stepped(tuple(states), timeout_s)

    def cancel(self) -> None:
        """Make a running `capture` end soon. Any thread, any time; never raises."""
        self._cancelled.set()

    def end_sequence(self) -> None:
        """End a sequence that is running or was left to run. May take as long as its exposure."""
        if self._running and not self._core.closed:
            self._running = False
            try:
                with self._core.words(self._label, "ending a series"):
                    self._core.stopSequenceAcquisition(self._label)
            finally:
                self._ended_at = time.monotonic()

    def rest(self) -> None:
        """Wait until the camera may be unloaded.

        An adapter may say that a series has ended, and have its thread call the core once more.
        If the core is gone by then, the process crashes (seen with the demo camera, where stopping
        does not join a thread that has flagged its end).
        """
        left_s = self._ended_at + THREAD_END_S - time.monotonic()
        if left_s > 0:
            time.sleep(left_s)

    # --- one series ------------------------------------------------------------------------------

    def _frames(self, n: int, timeout_s: float) -> Iterator[Frame]:
        self.end_sequence()
        saturation_adu, frame_bytes = self._format()
        with self._core.words(self._label, "reading the exposure"):
            exposure_ms = float(self._core.getExposure(self._label))
        long = exposure_ms > LONG_EXPOSURE_MS
        batch = 1 if long else n
        late_s = exposure_ms / 1000 + timeout_s
        shutter = self._shutter()
        try:
            self._open(shutter)
            for first in range(0, n, batch):
                self._begin(batch, frame_bytes)
                for number in range(batch):
                    index = first + number
                    pixels = self._next(n, index, number, late_s)
                    taken_at = datetime.now(UTC)
                    meta = FrameMeta(self._label, index, taken_at, exposure_ms, saturation_adu)
                    yield Frame(pixels, meta)
                if first + batch < n:
                    self.end_sequence()
        finally:
            # Dark first: it takes less than a millisecond, and ending a series up to an exposure.
            try:
                self._close(shutter)
            finally:
                if not (long and self._cancelled.is_set()):
                    self.end_sequence()

    def _stepped(self, states: Sequence[Mapping[str, Value]], timeout_s: float) -> Iterator[Frame]:
        self.end_sequence()
        devices = stepped(self._core, self._label, states)
        saturation_adu, frame_bytes = self._format()
        with self._core.words(self._label, "reading the exposure"):
            present_ms = float(self._core.getExposure(self._label))
        exposures_ms = [float(s.get(f"{self._label}.exposure_ms", present_ms)) for s in states]
        n, late_s = len(states), max(exposures_ms) / 1000 + timeout_s
        shutter = self._shutter()
        with stepping(self._core, devices):  # dark, and the camera at rest, before they are ended
            try:
                self._open(shutter)
                self._begin(n, frame_bytes)
                for index, exposure_ms in enumerate(exposures_ms):
                    pixels = self._next(n, index, index, late_s)
                    taken_at = datetime.now(UTC)
                    meta = FrameMeta(self._label, index, taken_at, exposure_ms, saturation_adu)
                    yield Frame(pixels, meta)
            finally:
                try:
                    self._close(shutter)
                finally:
                    self.end_sequence()

    def _format(self) -> tuple[int, int]:
        """ADU at which frames clip, and bytes of a frame, of the kinds that are frames of ours."""
        with self._core.words(self._label, "preparing a series"):
            self._core.setCameraDevice(self._label)
            channels = self._core.getNumberOfCameraChannels()
            components = self._core.getNumberOfComponents()
            pixel_bytes = self._core.getBytesPerPixel()
            bits = self._core.getImageBitDepth()
            frame_bytes = self._core.getImageBufferSize()
        problem = ""
        if channels != 1:
            problem = f"it gives the frames of {channels} cameras, allowed: a camera of its own"
        elif components != 1:
            problem = "it is set to colour, allowed: grey"
        elif pixel_bytes not in (1, 2):
            problem = f"its pixels have {pixel_bytes} bytes, allowed: 8 or 16 bit integers"
        if problem:
            raise DeviceFault(self._label, "taking frames", problem)
        return 2 ** min(bits, 8 * pixel_bytes) - 1, frame_bytes

    def _begin(self, batch: int, frame_bytes: int) -> None:
        # A quarter more than the frames: the core keeps what it knows of each beside it.
        needed_mb = math.ceil(1.25 * batch * frame_bytes / _MIB) + 1
        footprint_mb = min(max(needed_mb, 16), self._buffer_mb)
        with self._core.words(self._label, "starting a series"):
            if self._core.getCircularBufferMemoryFootprint() != footprint_mb:
                self._core.setCircularBufferMemoryFootprint(footprint_mb)
            self._core.clearCircularBuffer()
            self._core.startSequenceAcquisition(self._label, batch, 0.0, True)
            self._running = True

    def _next(self, n: int, index: int, number: int, late_s: float) -> Pixels:
        """Wait for a frame.

        Parameters
        ----------
        n, index
            Frames of the capture, and which of them this is.
        number
            What the core calls it, within its sequence.
        late_s
            When to give up.
        """
        began = time.monotonic()
        while True:
            if self._cancelled.is_set():
                raise CaptureCancelled(self._label)
            with self._core.words(self._label, "waiting for a frame"):
                # In this order: a camera that has stopped puts nothing more into the buffer.
                running = self._running and self._core.isSequenceRunning(self._label)
                overflowed = self._core.isBufferOverflowed()
                if self._core.getRemainingImageCount() > 0:
                    pixels, tags = self._core.popNextImageAndMD()
                    break
            if overflowed:
                raise FrameLost(self._label, n, index, "frames came faster than they were fetched")
            if not running:
                raise FrameLost(self._label, n, index, "the camera stopped before the end")
            waited_s = time.monotonic() - began
            if waited_s > late_s:
                raise FrameTimeout(self._label, index, round(waited_s, 2))
            self._cancelled.wait(_POLL_S)
        seen = int(tags.get("ImageNumber", number))
        if seen != number:
            raise FrameLost(self._label, n, index, f"frame {number} came as number {seen}")
        return self._owned(pixels)

    def _owned(self, pixels: np.ndarray) -> Pixels:
        if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.uint16):
            raise DeviceFault(
                self._label,
                "taking frames",
                f"a frame came as {pixels.dtype} of shape {pixels.shape},"
                " allowed: 8 or 16 bit integers of height and width",
            )
        return pixels if pixels.flags.owndata else pixels.copy()

    # --- light -----------------------------------------------------------------------------------

    def _shutter(self) -> str:
        """Label of the shutter to open for a series; empty if light is not ours to see to."""
        with self._core.words(self._label, "asking for the shutter"):
            if not self._core.getAutoShutter():
                return ""
            return self._core.getShutterDevice()

    def _open(self, shutter: str) -> None:
        """Open it and wait. The core's own auto-shutter would not stay open between sequences."""
        if not shutter:
            return
        with self._core.words(shutter, "opening"):
            self._core.setAutoShutter(False)
            self._core.setShutterOpen(shutter, True)
        began = time.monotonic()
        while True:
            with self._core.words(shutter, "opening"):
                if not self._core.deviceBusy(shutter):
                    return
            if self._cancelled.is_set():
                raise CaptureCancelled(self._label)
            if time.monotonic() - began > SHUTTER_TIMEOUT_S:
                raise SettleTimeout(f"{shutter}.State", 1, "busy", SHUTTER_TIMEOUT_S)
            self._cancelled.wait(_POLL_S)

    def _close(self, shutter: str) -> None:
        if not shutter or self._core.closed:
            return
        try:
            with self._core.words(shutter, "closing"):
                self._core.setShutterOpen(shutter, False)
        finally:
            with contextlib.suppress(DriverError), self._core.words(shutter, "closing"):
                self._core.setAutoShutter(True)
