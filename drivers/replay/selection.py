"""Which recorded trial and place the present settings mean.

Distances between settings: each number in units of its recorded range, each choice 0 or 1, squared
and summed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.replay.recording import RecordedTrial, Recording
from drivers.types import Value

# Two numbers that went through text or single precision are still the same setting.
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Found:
    """The trials at some settings.

    Parameters
    ----------
    trials
        Those that fit, in their order; those that are nearest where none fits.
    differs
        Setting to recorded value, where the nearest differs; empty where it fits.
    """

    trials: tuple[RecordedTrial, ...]
    differs: Mapping[str, Value]


class RecordedSettings:
    """Finds trials and places of a recording by settings.

    Parameters
    ----------
    recording
        What there is.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._placing = {name for place in recording.places for name in place}
        self._known = {setting.name: setting for setting in recording.settings}
        exposure = f"{recording.camera}.exposure_ms"
        self._targets = [self._of(trial, exposure) for trial in recording.trials]
        self._names = sorted({name for values in self._targets for name in values})
        self._span = {
            name: _span([values[name] for values in self._targets if name in values])
            for name in self._names
        }
        self._index = {trial.number: i for i, trial in enumerate(recording.trials)}
        # Devices are read several times where they stand: a long recording is searched once.
        self._last: tuple[tuple[Value, ...], Found] | None = None

    def _of(self, trial: RecordedTrial, exposure: str) -> dict[str, Value]:
        values: dict[str, Value] = {**self._recording.held, exposure: trial.exposure_ms}
        values |= trial.targets()
        return {
            name: value
            for name, value in values.items()
            if name not in self._placing
            and name in self._known
            and not self._known[name].read_only
            and self._known[name].role != "preset"  # what it stands for is compared
        }

    def trials(self, present: Mapping[str, Value]) -> Found:
        """Find the trials that were measured at some settings, or nearest to them."""
        here = tuple(present[name] for name in self._names)
        if self._last is None or self._last[0] != here:
            self._last = here, self._search(present)
        return self._last[1]

    def known(self, number: int, present: Mapping[str, Value]) -> RecordedTrial | None:
        """Give a trial by its number if it was measured at these settings, without a search."""
        index = self._index.get(number)
        if index is None or self._distance(self._targets[index], present) > 0:
            return None
        return self._recording.trials[index]

    def _search(self, present: Mapping[str, Value]) -> Found:
        distances = [self._distance(values, present) for values in self._targets]
        least = min(distances)
        trials = [i for i, distance in enumerate(distances) if distance == least]
        differs = self._differing(self._targets[trials[0]], present)
        return Found(tuple(self._recording.trials[i] for i in trials), differs)

    def place(self, present: Mapping[str, Value]) -> tuple[int, Mapping[str, Value]]:
        """Find the field of view at some settings, or the nearest, and what differs from it.

        A blank field is a field with something else moved: the more settings fit, the more it is
        meant.
        """
        places = self._recording.places

        def rank(index: int) -> tuple[float, int]:
            return self._distance(places[index], present), -len(places[index])

        index = min(range(len(places)), key=rank)
        return index, self._differing(places[index], present)

    def _distance(self, values: Mapping[str, Value], present: Mapping[str, Value]) -> float:
        total = 0.0
        for name, value in values.items():
            here = present[name]
            if isinstance(here, str) or isinstance(value, str):
                total += here != value
            elif not self._same(name, here, value):
                total += max(((here - value) / self._span.get(name, 1.0)) ** 2, _SAME**2)
        return total

    def _differing(
        self, values: Mapping[str, Value], present: Mapping[str, Value]
    ) -> dict[str, Value]:
        return {n: v for n, v in values.items() if not self._same(n, present[n], v)}

    def _same(self, name: str, here: Value, recorded: Value) -> bool:
        if isinstance(here, str) or isinstance(recorded, str):
            return here == recorded
        if self._known[name].kind != "float":
            return here == recorded
        close = _SAME * max(abs(here), abs(recorded))
        return abs(here - recorded) <= close


def _span(values: Sequence[Value]) -> float:
    """Range of recorded numbers; their size, or 1, where there is none."""
    numbers = [float(value) for value in values if not isinstance(value, str)]
    if not numbers:
        return 1.0
    span = max(numbers) - min(numbers) or abs(numbers[0]) or 1.0
    return span if math.isfinite(span) else 1.0


def listed(values: Mapping[str, Value]) -> str:
    """Write settings in one line."""
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())
