"""A simulated camera: frames one after the other, that can be cut short."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from drivers.errors import CaptureCancelled
from drivers.frame import Frame, FrameMeta
from drivers.types import Pixels
from sim.parts.devices import Axis, Link, SimulatedDevice
from sim.parts.exposing import Exposing
from sim.parts.simulated_clock import Pace


class SimulatedCamera(SimulatedDevice):
    """A device that takes frames. It must have a setting ``LABEL.exposure_ms``.

    Parameters
    ----------
    label, axes, pace, link, truth
        As for `SimulatedDevice`.
    expose
        Takes one frame of what lies before the camera now.
    saturation_adu
        ADU from which on values may be clipped.
    readout_ms
        Tells the time from the end of the exposure until the frame is there.
    serial
        Serial number: cameras whose pixels differ have different ones.
    """

    def __init__(
        self,
        label: str,
        axes: Iterable[Axis],
        pace: Pace,
        link: Link,
        truth: object,
        expose: Callable[[], Pixels],
        saturation_adu: int,
        readout_ms: Callable[[], float],
        serial: str = "",
    ) -> None:
        super().__init__(label, axes, pace, link, truth)
        self._exposing = Exposing(expose)
        self._saturation_adu = saturation_adu
        self._readout_ms = readout_ms
        self._serial = serial
        self._cancelled = threading.Event()

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Yield n frames, each exposed when it is asked for.

        Parameters
        ----------
        n
            How many, at least 1.
        timeout_s
            How much later than its exposure and read-out a frame may come; none here is late.

        Raises
        ------
        CaptureCancelled, DeviceLost
        ValueError
            For n < 1.
        """
        if n < 1:
            raise ValueError(f"a capture has at least one frame, not {n}")
        self._require_link()
        # Cleared here, not at the first frame: a cancel between the two must not be lost.
        self._cancelled.clear()
        return self._frames(n)

    def identity(self) -> Mapping[str, str]:
        """Tell the serial number, where there is one.

        Raises
        ------
        DeviceLost
        """
        self._require_link()
        return {"serial number": self._serial} if self._serial else {}

    def cancel(self) -> None:
        """End a running ``capture``. Any thread; never raises."""
        self._cancelled.set()

    def _frames(self, n: int) -> Iterator[Frame]:
        for index in range(n):
            self._require_link()
            exposure_ms = float(self.read(f"{self.label}.exposure_ms"))
            duration_s = self._pace.lasts((exposure_ms + self._readout_ms()) / 1e3)
            if self._pace.wait(duration_s, self._cancelled):
                raise CaptureCancelled(self.label)
            pixels = self._exposing.take(self._cancelled)
            if pixels is None:
                raise CaptureCancelled(self.label)
            meta = FrameMeta(
                camera=self.label,
                index=index,
                taken_at=self._pace.utc(),
                exposure_ms=exposure_ms,
                saturation_adu=self._saturation_adu,
            )
            yield Frame(pixels, meta)
