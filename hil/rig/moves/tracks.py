"""How one setting may be moved: bounds, allowed values, steps, and the side of its approach."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Literal

from drivers.types import Value

# A change is divided into no more commands than that.
MOST_STOPS = 10_000
# Devices that may change only so fast are sent a new value this often, seconds.
_TICK_S = 0.1
_MOST_TICKS = 1000


@dataclass(frozen=True, slots=True)
class Track:
    """What a command to one setting may say.

    Parameters
    ----------
    name
        Canonical.
    low, high
        What device and rig together allow; infinite where neither says.
    whole
        Whether it takes integers alone.
    choices
        Numbers that the rig allows, ascending; empty where any in the range is.
    approach, backlash
        See `hil.spec.rig.Limit`.
    tolerance
        A change below it needs no approach.
    max_step
        The largest change of one command; infinite for any.
    slew_per_s
        The fastest change, in the setting's unit a second; infinite for any.
    light
        Whether it brings light.
    darkest
        The value that brings least.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    choices: tuple[float, ...] = ()
    approach: Literal["rising", "falling", "any"] = "any"
    backlash: float = 0.0
    tolerance: float = 0.0
    max_step: float = math.inf
    slew_per_s: float = math.inf
    light: bool = False
    darkest: Value | None = None

    @property
    def limited(self) -> bool:
        """Whether one command may not go any distance."""
        return self.max_step < math.inf or self.slew_per_s < math.inf

    @property
    def detours(self) -> bool:
        """Whether some targets are gone beyond first."""
        return self.backlash > 0 and self.approach != "any"

    def darkens(self, here: Value, target: Value) -> bool:
        """Whether going there brings less light."""
        if not self.light:
            return False
        if isinstance(here, str) or isinstance(target, str):
            return target == self.darkest
        return target == self.darkest or target < here

    def beyond(self, here: float, target: float) -> Value | None:
        """Find where to go first, so that the target is approached from its side.

        As far beyond it as the backlash, or as far as the limits let it; None where nothing lies
        there, or where the way there comes from the right side anyway.
        """
        if not self.detours:
            return None
        rising = self.approach == "rising"
        if rising and target >= here - self.tolerance:
            return None
        if not rising and target <= here + self.tolerance:
            return None
        first = self.inward(target - self.backlash if rising else target + self.backlash, rising)
        return first if first is not None and first != target else None

    def inward(self, value: float, rising: bool) -> Value | None:
        """Bring a value that lies beyond a target to the nearest allowed one.

        Parameters
        ----------
        value
            Where one would like to go.
        rising
            Whether the target lies above it.
        """
        if self.choices:
            # At least as far as asked for; else as far as there is.
            if rising:
                i = bisect_right(self.choices, value) - 1
                return self._typed(self.choices[max(i, 0)])
            i = bisect_left(self.choices, value)
            return self._typed(self.choices[min(i, len(self.choices) - 1)])
        low, high = self.low, self.high
        if self.whole:
            value = math.floor(value) if rising else math.ceil(value)
            low = math.ceil(low) if low > -math.inf else low
            high = math.floor(high) if high < math.inf else high
        return self._typed(min(max(value, low), high))

    def part(self, here: float, target: float, share: float) -> Value:
        """Find a value on the way to a target, by its share; `here` where there is none."""
        value = here + (target - here) * share
        if self.choices:
            between = [c for c in self.choices if min(here, value) <= c <= max(here, value)]
            if not between:
                return here
            return self._typed(between[-1] if target > here else between[0])
        if self.whole:
            value = math.floor(value) if target > here else math.ceil(value)
        if not self.low <= value <= self.high:  # it stands outside, and enters at once
            return here
        return self._typed(value)

    def stops(self, here: float, target: float) -> list[Value] | None:
        """Divide a change into such as one command may make; None where that cannot be done.

        The last is the target.
        """
        distance = abs(target - here)
        if not self.limited or not distance:
            return [self._typed(target)]
        if self.choices:
            return self._hops(here, target)
        n = math.ceil(distance / self._largest - 1e-9) if self._largest < math.inf else 1
        if n > MOST_STOPS or (n > 1 and not self.low <= here <= self.high):
            return None
        if self.slew_per_s < math.inf and self.low <= here <= self.high:
            ticks = min(math.ceil(distance / (self.slew_per_s * _TICK_S)), _MOST_TICKS)
            n = max(n, min(ticks, int(distance)) if self.whole else ticks)
        stride = (target - here) / n
        if self.whole:  # by integers, which have no rounding
            stride = math.ceil(stride) if stride > 0 else math.floor(stride)
            n = math.ceil(distance / abs(stride))
        between = [self._typed(here + stride * i) for i in range(1, n)]
        return [*between, self._typed(target)]

    @property
    def _largest(self) -> float:
        if self.whole and self.max_step < math.inf:
            return max(1.0, math.floor(self.max_step))
        return self.max_step

    def _hops(self, here: float, target: float) -> list[Value] | None:
        """Go from choice to choice."""
        low, high = min(here, target), max(here, target)
        largest = self._largest * (1 + 1e-9)
        stops: list[Value] = []
        while here != target:
            near = [c for c in self.choices if low <= c <= high and 0 < abs(c - here) <= largest]
            near = [c for c in near if abs(target - c) < abs(target - here)]
            if not near:
                return None
            here = min(near, key=lambda c: abs(target - c))
            stops.append(self._typed(here))
        return stops

    def seconds(self, here: float, target: float) -> float:
        """Tell the least time that a change may take, seconds."""
        return abs(target - here) / self.slew_per_s

    def _typed(self, value: float) -> Value:
        return int(value) if self.whole else float(value)
