"""The way to the safe state: light first, every step read back, retried, and none left out.

Light goes out whatever limits say. The other steps are taken in an order, and in parts, that keep
limits across settings; where there is none they are taken all the same, and that is said.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

import stamina

from drivers.errors import NotReached
from drivers.types import Value
from hil.rig.agreement import agrees
from hil.rig.device_thread import join, progressed, start_or_run
from hil.rig.moves.planner import Leg, MoveRefusal
from hil.rig.settings import RigSettings
from hil.spec import Limit

# Waits of 0.1, 0.2 and 0.4 s lie between them: a bus that dropped one command has the next.
_ATTEMPTS = 4
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 1.0
# What reads otherwise then, once all else is parked, is read again for so long, or its time-out.
_LATE_S = 2.0

# stamina reports every retry to its logger; without a handler Python prints that to the terminal.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_Step = tuple[str, Value]
# Gives the legs by which settings get to their values within the limits; may raise anything.
Route = Callable[[Mapping[str, Value]], tuple[Leg, ...] | MoveRefusal]


def _straight(step: Mapping[str, Value]) -> tuple[Leg, ...]:
    return (Leg(step),)


@dataclass(frozen=True, slots=True)
class ParkProblem:
    """A step on the way to the safe state that failed; those after it were taken all the same.

    Parameters
    ----------
    setting
        Canonical name.
    message
        What went wrong; where the device answers, what it reads.
    asked
        What it was to read, where it answered; None where it did not.
    """

    setting: str
    message: str
    asked: Value | None = field(default=None, compare=False)


class _NotYet(Exception):
    """A step is worth another attempt."""


class Parking:
    """Brings devices to their safe state.

    All that brings light goes dark first, each device by itself, so that one that hangs keeps no
    other lit; then come the other steps in their order. A device counts as safe when it reads so.

    Parameters
    ----------
    settings
        Of the devices.
    steps
        What is set, canonical names, in order.
    limit
        The rig's own limit of a setting: how long it may take, how far a read-back may lie off.
    route
        How the steps after the light are taken.
    still_passed
        Says which limits across settings are passed as everything stands; may raise anything.

    Attributes
    ----------
    passed
        Limits that the last run did not keep, in words.
    """

    def __init__(
        self,
        settings: RigSettings,
        steps: Sequence[Mapping[str, Value]],
        limit: Callable[[str], Limit],
        route: Route = _straight,
        still_passed: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self.passed: tuple[str, ...] = ()
        self._route = route
        self._still_passed = still_passed
        self._settings = settings
        self._limit = limit
        taken = [item for step in steps for item in self._expanded(step)]
        self._light = [(n, v) for n, v in taken if settings.known[n].role == "light"]
        self._others = [(n, v) for n, v in taken if settings.known[n].role != "light"]

    def _expanded(self, step: Mapping[str, Value]) -> list[_Step]:
        """Replace presets by what they set, as far as it is here: only that can be read back."""
        known = self._settings.known
        return [
            (name, value)
            for given in step.items()
            for name, value in self._settings.targets(dict([given])).items()
            if name in known and known[name].role != "preset"
        ]

    def run(self) -> list[ParkProblem]:
        """Take every step; return those after which the device is not known to be safe."""
        lit = self.darken()
        said: list[str] = []
        others = self._in_order(said)
        # Meanwhile a device may have come back, and a lamp may have come on by itself.
        if lit or not self._is_dark():
            lit = self.darken()
        with suppress(Exception):  # who does not answer is a problem of its own
            said += [f"as it stands: {words}" for words in self._still_passed()]
        self.passed = tuple(said)
        return self._still_there([*lit, *others])

    def _still_there(self, problems: list[ParkProblem]) -> list[ParkProblem]:
        """Give what reads otherwise a while more: a read-back may come late, or a lamp glow on."""
        began_s = time.monotonic()
        while left := [
            problem.setting
            for problem in problems
            if problem.asked is not None
            and time.monotonic() - began_s < min(self._limit(problem.setting).timeout_s, _LATE_S)
        ]:
            threading.Event().wait(_FIRST_WAIT_S)
            progressed()
            problems = [
                problem
                for problem in problems
                if problem.setting not in left or not self._is_there(problem)
            ]
        return problems

    def _is_there(self, problem: ParkProblem) -> bool:
        try:
            return problem.asked is not None and self._reads(problem.setting, problem.asked)[1]
        except Exception:
            return False

    def _is_dark(self) -> bool:
        """Whether all that brings light still reads so; who does not answer does not."""
        try:
            return all(self._reads(name, value)[1] for name, value in self._light)
        except Exception:
            return False

    def _in_order(self, said: list[str]) -> list[ParkProblem]:
        """Take the steps after the light, each when limits allow it; none is left out."""
        left = list(self._others)
        problems: list[ParkProblem] = []
        while left:
            batch, legs = self._next(left, said)
            left = [step for step in left if step not in batch]
            for leg in legs:
                self._pass_by(leg, said)
            problems += self._retried(batch)
        return problems

    def _next(self, left: Sequence[_Step], said: list[str]) -> tuple[list[_Step], Sequence[Leg]]:
        """Find the first step that limits allow, else all together, else the first as it is.

        The legs are those before the last.
        """
        first: MoveRefusal | None = None
        for batch in (*([step] for step in left), list(left)):
            try:
                legs = self._route(dict(batch))
            except Exception as error:  # what cannot be judged is done
                said.append(f"{batch[0][0]}: not known whether limits are kept: {error}")
                return batch, ()
            if not isinstance(legs, MoveRefusal):
                return batch, legs[:-1] if len(batch) == 1 else legs
            first = first or legs
        assert first is not None
        said.append(f"{left[0][0]} = {left[0][1]!r}: {first.message}")
        return [left[0]], ()

    def _pass_by(self, leg: Leg, said: list[str]) -> None:
        """Take a leg on the way to steps, which are retried whether it succeeds or not."""
        began_s = time.monotonic()
        for name, value in leg.values.items():
            try:
                self._go(name, value)
            except Exception as error:
                said.append(f"{name}: not taken by way of {value!r}: {error}")
        threading.Event().wait(max(leg.seconds - (time.monotonic() - began_s), 0.0))

    def darken(self) -> list[ParkProblem]:
        """Take the steps that bring light down; each device's on a thread of its own."""
        by_device = groupby(
            sorted(self._light, key=self._label), key=self._label
        )  # sorting is stable
        groups = [list(steps) for _, steps in by_device]
        if len(groups) == 1:
            return self._retried(groups[0])
        found: list[list[ParkProblem]] = [[] for _ in groups]

        def work(i: int) -> None:
            found[i] = self._retried(groups[i])

        threads = [
            threading.Thread(target=work, args=(i,), name="hil-dark", daemon=True)
            for i in range(len(groups))
        ]
        for thread in threads:
            start_or_run(thread)
        for thread in threads:
            join(thread)
        return [problem for problems in found for problem in problems]

    def darken_lit(self) -> list[ParkProblem]:
        """Darken, where something reads lit or does not answer; else nothing is told to move."""
        return [] if self._is_dark() else self._still_there(self.darken())

    def _label(self, step: _Step) -> str:
        return self._settings.owner(step[0]).label

    def _retried(self, steps: Sequence[_Step]) -> list[ParkProblem]:
        """Take steps in their order, and those that failed again after a while."""
        left = list(steps)
        problems: list[ParkProblem] = []
        try:
            for attempt in stamina.retry_context(
                on=_NotYet,
                attempts=_ATTEMPTS,
                timeout=None,
                wait_initial=_FIRST_WAIT_S,
                wait_max=_LONGEST_WAIT_S,
                wait_jitter=0.0,
            ):
                with attempt:
                    told = [(step, self._take(*step)) for step in left]
                    left = [step for step, problem in told if problem]
                    problems = [problem for _, problem in told if problem]
                    if left:
                        raise _NotYet
        except _NotYet:
            pass
        return problems

    def _take(self, name: str, value: Value) -> ParkProblem | None:
        """Take one step; say what is wrong, None if the device reads that it is safe."""
        try:
            self._move(name, value)
        except NotReached as error:
            return ParkProblem(name, str(error), value)
        except Exception as error:  # a defect in one driver must not leave a laser on
            return ParkProblem(name, str(error) or type(error).__name__)
        return None

    def _go(self, name: str, value: Value) -> None:
        limit, device = self._limit(name), self._settings.owner(name)
        device.start({name: value})
        device.settle(limit.timeout_s)
        threading.Event().wait(limit.settle_ms / 1000)
        progressed()

    def _move(self, name: str, value: Value) -> None:
        self._go(name, value)
        seen, there = self._reads(name, value)
        if not there:
            raise NotReached(name, value, seen, self._settings.known[name].unit)

    def _reads(self, name: str, value: Value) -> tuple[Value, bool]:
        """Ask where a setting is, and tell whether that is where it was to be."""
        setting, limit = self._settings.known[name], self._limit(name)
        seen = self._settings.value(name)
        tolerance = setting.tolerance if limit.tolerance is None else limit.tolerance
        return seen, agrees(value, seen, tolerance)
