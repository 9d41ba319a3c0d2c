"""A device whose settings are modes: each command is one vector for all actuators.

Against hysteresis a command is two vectors: all actuators go below their targets first, by
``backlash`` where the bounds leave room, and come up together. Every vector that is sent, the lower
one too, is inside the bounds; a command that would leave them is refused before anything is sent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from drivers.errors import DeviceFault, NotReached, SettleTimeout, UnknownSetting, ValueRefused
from drivers.modal.array import ActuatorArray
from drivers.modal.basis import Basis
from drivers.modal.bounds import ActuatorBounds
from drivers.protocol import BoundsTogether, Setting
from drivers.types import Floats, Value
from drivers.values import check_allowed

# How often a way round by the lower side is shortened before it is given up.
_SHORTER = 6


@dataclass(frozen=True, slots=True)
class Mechanics:
    """How an array is driven.

    Parameters
    ----------
    backlash
        How far below its target every actuator goes first, in the actuators' unit.
    rest_s
        How long the array takes to come to rest after a vector.
    step
        Smallest difference of the array's converter, in the actuators' unit; a read-back may lie so
        far from the vector.
    """

    backlash: float = 0.0
    rest_s: float = 0.0
    step: float = 0.0


class ModalDevice:
    """Modes on an array of actuators; flat once made.

    Parameters
    ----------
    label
        The device's name.
    array
        Open, and used by nobody else.
    basis
        From modes to actuators.
    bounds
        Of every vector.
    mechanics
        How the array is driven.
    clock
        Monotonic seconds.

    Raises
    ------
    DriverError
        The array has another number of actuators, or does not take the flat.
    """

    def __init__(
        self,
        label: str,
        array: ActuatorArray,
        basis: Basis,
        bounds: ActuatorBounds,
        mechanics: Mechanics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if array.n_actuators != len(basis.flat):
            problem = f"it has {array.n_actuators} actuators, and the matrix {len(basis.flat)} rows"
            raise DeviceFault(label, "open", problem)
        self._label = label
        self._array, self._basis, self._bounds = array, basis, bounds
        self._mechanics, self._clock = mechanics, clock
        self._places = {f"{label}.{mode}": i for i, mode in enumerate(basis.modes)}
        self._settings = self._described()
        self._wanted: dict[str, float] = {}
        self._target = np.zeros(len(basis.modes))
        # What follows the lower vector: the vector, and the modes that it makes.
        self._pending: tuple[Floats, Floats] | None = None
        self._dropped = False
        self._ready_s = clock()
        self._astray = True  # whether what was sent last is on the way to something else
        self._stopped = threading.Event()
        self._send(bounds.clipped(basis.flat), self._target)

    @property
    def label(self) -> str:
        """The device's name."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """List the modes, each as far as it may go while the others are at 0."""
        return self._settings

    def bounds_together(self) -> tuple[BoundsTogether, ...]:
        """Tell what the actuators allow the modes together."""
        rows, lows, highs, names = self._bounds.linear_rows()
        basis, settings = self._basis, tuple(self._places)
        found = [
            BoundsTogether(settings, rows @ basis.matrix, rows @ basis.flat, lows, highs, names)
        ]
        if np.isfinite(self._bounds.sum_abs) and not (self._bounds.low >= 0).all():
            n = len(basis.flat)
            free = np.full(n, np.inf)
            sizes = BoundsTogether(
                settings, basis.matrix, basis.flat, -free, free, (), self._bounds.sum_abs
            )
            found.append(sizes)
        return tuple(found)

    def read(self, setting: str) -> Value:
        """Ask the array where its actuators are, and say what that is of a mode.

        Raises
        ------
        UnknownSetting, DeviceLost
        DeviceFault
            The actuators stand as no modes make them.
        """
        if setting not in self._places:
            raise UnknownSetting(setting, tuple(self._places))
        return float(self._amplitudes()[self._places[setting]])

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values and the vectors that they make; send the first of these.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceFault, DeviceLost
        """
        for name, value in values.items():
            if name not in self._places:
                raise UnknownSetting(name, tuple(self._places))
            check_allowed(self._settings[self._places[name]], value)
        self._wanted = {name: float(value) for name, value in values.items()}
        self._pending, self._dropped = None, False
        self._stopped.clear()
        if not values:
            return
        goal = self._target.copy()
        for name, value in self._wanted.items():
            goal[self._places[name]] = value
        vector = self._allowed(goal)
        lower = self._from_below(vector)
        if lower is None:
            self._send(vector, goal)
        else:
            self._pending = (vector, goal)
            self._send(lower, None)

    def settle(self, timeout_s: float) -> None:
        """Wait until the array rests at the last ``start``'s vector, which may have to follow.

        Raises
        ------
        SettleTimeout, NotReached, DeviceFault, DeviceLost
        """
        until = self._clock() + timeout_s
        self._rest(until, timeout_s)
        if self._pending is not None:
            self._send(*self._pending)
            self._pending = None
            self._rest(until, timeout_s)
        if self._dropped and self._wanted:
            name = next(iter(self._wanted))
            raise NotReached(name, self._wanted[name], self.read(name), self._unit(name))

    def stop(self) -> None:
        """Send nothing more of the last ``start``. Any thread; never raises."""
        self._stopped.set()

    def _rest(self, until: float, timeout_s: float) -> None:
        """Wait for the array to rest. A ``stop`` drops the vector that was to follow."""
        while (left := self._ready_s - self._clock()) > 0 and not self._drops():
            allowed = until - self._clock()
            if allowed <= 0:
                self._late(timeout_s)
            waited = self._stopped if self._pending is not None else threading.Event()
            waited.wait(min(left, allowed))
        self._drops()

    def _drops(self) -> bool:
        if self._pending is not None and self._stopped.is_set():
            self._pending, self._dropped = None, True
        return self._dropped

    def _late(self, timeout_s: float) -> None:
        self.stop()
        self._pending = None
        name = next(iter(self._wanted), self._settings[0].name)
        last = self.read(name)
        raise SettleTimeout(name, self._wanted.get(name), last, timeout_s, self._unit(name))

    def _send(self, vector: Floats, amplitudes: Floats | None) -> None:
        """Send a vector, which these modes make; None for one on the way."""
        self._astray = True
        self._array.send(vector)
        self._ready_s = self._clock() + self._mechanics.rest_s
        if amplitudes is not None:
            self._astray, self._target = False, amplitudes

    def _allowed(self, goal: Floats) -> Floats:
        """Give the vector of modes; a command whose vector is outside the bounds is refused."""
        vector = self._basis.vector(goal)
        if said := self._bounds.problem(vector):
            name = self._blamed(self._wanted)
            own = self._settings[self._places[name]].allowed()
            raise ValueRefused(
                name, self._wanted[name], f"{own}, and with the others so that {said}"
            )
        return self._bounds.clipped(vector)

    def _from_below(self, vector: Floats) -> Floats | None:
        """Give the vector from which all actuators come up; None where there is no room for it."""
        below = self._mechanics.backlash
        for _ in range(_SHORTER if below > 0 else 0):
            # Clipped to the lowest: neighbours come no farther apart by it.
            lower = np.maximum(vector - below, self._bounds.low)
            if not self._bounds.problem(lower):
                return lower
            below /= 2
        return None

    def _amplitudes(self) -> Floats:
        vector = np.asarray(self._array.read(), dtype=np.float64)
        if vector.shape != self._basis.flat.shape or not np.isfinite(vector).all():
            problem = f"the array answers {vector.shape} numbers, not all of them finite"
            raise DeviceFault(self._label, "read", problem)
        found = self._basis.amplitudes(vector)
        if not self._astray:
            off = np.abs(vector - self._basis.vector(found))
            span = float((self._bounds.high - self._bounds.low).max())
            worst = int(np.argmax(off))
            if off[worst] > self._mechanics.step + 1e-6 * span:
                problem = f"actuator {worst} is off by {off[worst]:g}: no modes make this vector"
                raise DeviceFault(self._label, "read", problem)
        return found

    def _blamed(self, values: Mapping[str, float]) -> str:
        """Name the setting of a refused command that asks for most of its range."""
        return max(values, key=lambda name: abs(values[name]) / self._half_range(name))

    def _half_range(self, name: str) -> float:
        setting = self._settings[self._places[name]]
        assert setting.low is not None
        assert setting.high is not None
        return max(setting.high, -setting.low, 1e-12)

    def _unit(self, name: str) -> str:
        return self._settings[self._places[name]].unit

    def _described(self) -> tuple[Setting, ...]:
        lows, highs = self._basis.ranges(self._bounds)
        unsure = self._basis.uncertainty(self._mechanics.step)
        return tuple(
            Setting(
                f"{self._label}.{mode}",
                "float",
                mode.rpartition("_")[2],
                float(low),
                float(high),
                tolerance=float(off) + 1e-6 * float(high - low),
            )
            for mode, low, high, off in zip(self._basis.modes, lows, highs, unsure, strict=True)
        )
