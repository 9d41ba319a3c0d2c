"""A device whose settings are modes: each command is one frame of a light modulator."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Mapping

import numpy as np

from drivers.errors import DeviceFault, SettleTimeout, UnknownSetting, ValueRefused
from drivers.protocol import BoundsTogether, Setting
from drivers.slm.modulator import Modulator
from drivers.slm.pupil import Pupil
from drivers.types import Floats, Pixels, Value
from drivers.values import check_allowed

CHECKSUM = "frame_crc32"
# No mode is asked to go farther, whatever its steepness: turns of the wavefront.
_MOST_TURNS = 100.0


class ModulatorDevice:
    """Modes on a light modulator; all at 0 once made.

    Parameters
    ----------
    label
        The device's name.
    modulator
        Open, and used by nobody else.
    pupil
        Makes frames of modes.
    rest_s
        How long the liquid crystal takes to come to rest after a frame.
    parameters
        What else makes the frame, for the record: by name, in words.
    clock
        Monotonic seconds.

    Raises
    ------
    DriverError
        The modulator has other pixels, or does not take the first frame.
    """

    def __init__(
        self,
        label: str,
        modulator: Modulator,
        pupil: Pupil,
        rest_s: float,
        parameters: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        wanted = (*pupil.panel.shape, pupil.panel.bits)
        if tuple(modulator.panel) != wanted:
            rows, columns, bits = modulator.panel
            problem = f"it has {columns} x {rows} pixels of {bits} bits, and the rig file says"
            said = f"{wanted[1]} x {wanted[0]} of {wanted[2]}"
            raise DeviceFault(label, "open", f"{problem} {said}")
        self._label, self._modulator, self._pupil = label, modulator, pupil
        self._rest_s, self._clock = rest_s, clock
        self._parameters = dict(parameters)
        self._places = {f"{label}.{mode}": i for i, mode in enumerate(pupil.modes)}
        self._bounds = pupil.bounds_together(label)
        self._settings = self._described()
        self._target = np.zeros(len(pupil.modes))
        self._frame: Pixels
        self._wanted: dict[str, float] = {}
        self._ready_s = clock()
        self._stopped = threading.Event()
        self._show(self._target)

    @property
    def label(self) -> str:
        """The device's name."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """List the modes, each as far as it may go by itself, and the frame's checksum."""
        return tuple(self._settings.values())

    def bounds_together(self) -> tuple[BoundsTogether, ...]:
        """Tell how steep the modes may be together."""
        return (self._bounds,)

    def identity(self) -> Mapping[str, str]:
        """Tell what makes frames of modes: pupil, grating, table."""
        return dict(self._parameters)

    def read(self, setting: str) -> Value:
        """Ask the modulator for its frame, and say what that is of a mode; or its checksum.

        Raises
        ------
        UnknownSetting, DeviceLost
        DeviceFault
            Another frame is shown.
        """
        if setting not in self._settings:
            raise UnknownSetting(setting, tuple(self._settings))
        shown = self._modulator.shown()
        if setting not in self._places:
            return zlib.crc32(np.ascontiguousarray(shown).data)
        if not np.array_equal(shown, self._frame):
            raise DeviceFault(self._label, "read", "it shows another frame than it was sent")
        return float(self._target[self._places[setting]])

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values and how steep they are together; then show their frame.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceFault, DeviceLost
        """
        for name, value in values.items():
            if name not in self._settings:
                raise UnknownSetting(name, tuple(self._settings))
            check_allowed(self._settings[name], value)
        self._wanted = {name: float(value) for name, value in values.items()}
        self._stopped.clear()
        if not values:
            return
        goal = self._target.copy()
        for name, wanted in self._wanted.items():
            goal[self._places[name]] = wanted
        self._require_even(goal)
        self._show(goal)

    def settle(self, timeout_s: float) -> None:
        """Wait until the liquid crystal rests.

        Raises
        ------
        SettleTimeout, DeviceLost
        """
        until = self._clock() + timeout_s
        while (left := self._ready_s - self._clock()) > 0 and self._wanted:
            allowed = until - self._clock()
            if allowed <= 0:
                name = next(iter(self._wanted))
                last = self.read(name)
                raise SettleTimeout(name, self._wanted[name], last, timeout_s, "nm")
            if self._stopped.wait(min(left, allowed)):
                return  # the frame is there: there is nothing that could be stopped

    def stop(self) -> None:
        """Wait for nothing more. Any thread; never raises."""
        self._stopped.set()

    def _show(self, amplitudes: Floats) -> None:
        self._frame = self._pupil.frame(amplitudes)
        self._modulator.show(self._frame)
        self._target = amplitudes
        self._ready_s = self._clock() + self._rest_s

    def _require_even(self, goal: Floats) -> None:
        bounds = self._bounds
        slopes = bounds.matrix @ goal + bounds.offset
        worst = int(np.argmax(np.abs(slopes)))
        if abs(slopes[worst]) > bounds.highs[worst] * (1 + 1e-9):
            name = max(self._wanted, key=lambda n: abs(bounds.matrix[worst, self._places[n]]))
            own = self._settings[name].allowed()
            said = f"{bounds.names[worst]}, would be {slopes[worst]:.3g}"
            also = f"{own}, and with the others so that {said}, allowed: {bounds.highs[worst]:g}"
            raise ValueRefused(name, self._wanted[name], also)

    def _described(self) -> dict[str, Setting]:
        bounds = self._bounds
        most_nm = _MOST_TURNS * self._pupil.panel.wavelength_nm
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.stack(
                [
                    (bounds.lows - bounds.offset)[:, None] / bounds.matrix,
                    (bounds.highs - bounds.offset)[:, None] / bounds.matrix,
                ]
            )
        ends = np.where(np.isfinite(ends), ends, np.inf * np.array([-1, 1])[:, None, None])
        lows = np.maximum(ends.min(axis=0).max(axis=0), -most_nm)
        highs = np.minimum(ends.max(axis=0).min(axis=0), most_nm)
        found = {
            name: Setting(name, "float", "nm", float(low), float(high), tolerance=1e-9)
            for name, low, high in zip(self._places, lows, highs, strict=True)
        }
        name = f"{self._label}.{CHECKSUM}"
        return found | {name: Setting(name, "int", read_only=True)}
