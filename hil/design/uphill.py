"""Many starts, each moved uphill within ranges and limits.

u : (d,) the continuous settings, each from 0 to 1 along its range (or its logarithm)

Quasi-random starts are looked at once each, and the best are followed: by steps of Adam (Kingma and
Ba, ICLR 2015), which kinks do not stop (apertures that touch, say) and which are pulled back inside
the limits across settings, and at the end by L-BFGS-B. Whole numbers and choices are gone through
one by one.

Climbs race (successive halving: Jamieson and Talwalkar, AISTATS 2016). Looks and first steps see a
quarter of the fields of view; the better half of the climbs goes on with twice as many, and what is
left at the end sees all. Settings differ much less on the same fields than fields do, so that a few
tell which climb is hopeless.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from drivers.types import Floats, Value
from hil.design.goal import Goal
from hil.errors import InputError
from hil.session.search_space import SearchSpace
from hil.spec import SearchAxis

MOST_COMBINATIONS = 24
_ROUNDS = 12  # of L-BFGS-B, after the steps
_FLAT = 1e-3  # of the bits: where a round brings less, the top is near enough
_FIRST = 0.03  # of a range: the first of these rounds
_SHARES = (4, 2, 1)  # one in so many of the fields of view is seen, stage by stage
_STEPS = (6, 6, 8)  # of each stage
_LONGEST = 0.1  # step along an axis, a share of its range; it falls to 0 with the last
_KEPT, _KEPT_SQUARES = 0.8, 0.95  # of what Adam knows of the slope, from step to step
_LEAST_FIELDS = 2
_PULLED_STEPS = 40
_APART = 0.02  # of a range: nearer designs are one

Saw = Callable[[Mapping[str, Value], float, int], None]
"""Told of settings, their bits per pixel, and how many fields of view tell so."""


def saw_nothing(settings: Mapping[str, Value], bits_per_pixel: float, n_fields: int) -> None:
    """Take no note."""


@dataclass(frozen=True, slots=True)
class Design:
    """Settings and what they are expected to tell.

    Parameters
    ----------
    settings
        Of the searched axes.
    bits_per_pixel
        Expected, without a frame.
    """

    settings: Mapping[str, Value]
    bits_per_pixel: float


def designs(
    goal: Goal,
    space: SearchSpace,
    begin: Sequence[Mapping[str, Value]],
    *,
    starts: int,
    followed: int,
    seed: int,
    said: Callable[[str], None] = lambda line: None,
    saw: Saw = saw_nothing,
) -> list[Design]:
    """Find designs, the best first.

    Parameters
    ----------
    goal
        What is moved uphill.
    space
        Ranges and limits.
    begin
        Settings that are followed at first in any case, each of all searched axes.
    starts
        Quasi-random ones that are looked at, two or more for each combination of whole numbers and
        choices.
    followed
        How many of those are followed at first, the best of all. The worse half of the climbs ends
        where it is whenever more fields of view come in; all are among the designs.
    seed
        Of the quasi-random starts.
    said
        Told what is done.
    saw
        Told of everything that is looked at, in that order.

    Raises
    ------
    InputError
        Where whole numbers and choices have too many combinations.
    """
    free = [axis for axis in space.axes if _is_continuous(axis, space)]
    first = goal.of_fields(_seen(goal.n_fields, _SHARES[0]))
    climbs = [_Climb(first, space, free, chosen, saw) for chosen in _combinations(space, free)]
    each = max(2, -(-starts // len(climbs))) if free else 1
    tried = [
        (climb, climb.inside(u)) for climb in climbs for u in _quasi_random(len(free), each, seed)
    ]
    said(f"looks at {len(tried)} settings")
    tried.sort(key=lambda one: -one[0].value(one[1]))
    own = [(climb, climb.unit(one)) for one in begin for climb in climbs if climb.holds(one)]
    racing, ended = [_Runner(climb, u) for climb, u in (*own, *tried[:followed])], list[_Runner]()
    for share, steps in zip(_SHARES, _STEPS, strict=True):
        now = goal.of_fields(_seen(goal.n_fields, share))
        for one in racing:
            one.run(now, steps)
        racing.sort(key=lambda one: -one.bits)
        kept = -(-len(racing) // 2) if share > 1 else len(racing)
        said(f"{len(racing)} followed, seen in {now.n_fields} of {goal.n_fields} fields")
        racing, ended = racing[:kept], [*ended, *racing[kept:]]
    found = []
    for one in racing:
        whole = replace(one.climb, goal=goal)
        found.append(Design(*whole.polished(one.u, one.bits)))
    for one in ended:
        settings = one.climb.settings(one.u)
        found.append(Design(settings, replace(one.climb, goal=goal).value(one.u)))
    found.sort(key=lambda one: -one.bits_per_pixel)
    for number, design in enumerate(found, 1):
        said(f"{number}: {design.bits_per_pixel:.4f} bits per pixel")
    return _different(found, space)


def _seen(n_fields: int, share: int) -> int:
    """How many fields of view are seen, where one in so many is to be."""
    return min(n_fields, max(_LEAST_FIELDS, -(-n_fields // share)))


@dataclass(frozen=True)
class _Climb:
    """One combination of whole numbers and choices."""

    goal: Goal
    space: SearchSpace
    free: Sequence[SearchAxis]
    chosen: Mapping[str, Value]
    saw: Saw = saw_nothing

    def holds(self, settings: Mapping[str, Value]) -> bool:
        """Whether these have the same whole numbers and choices."""
        return all(settings[name] == value for name, value in self.chosen.items())

    def settings(self, u: Floats) -> dict[str, Value]:
        """Values of all axes."""
        values = {axis.setting: _value(axis, x) for axis, x in zip(self.free, u, strict=True)}
        return {**self.chosen, **values}

    def unit(self, settings: Mapping[str, Value]) -> Floats:
        """Undo `settings`."""
        return np.array([_share(axis, float(settings[axis.setting])) for axis in self.free])

    def inside(self, u: Floats) -> Floats:
        """Pull back inside the limits across settings."""
        return self.unit(self.space.repair(self.settings(u)))

    def value(self, u: Floats) -> float:
        """Bits per pixel."""
        import torch

        with torch.no_grad():
            bits = float(self.goal.bits_per_pixel(self.settings(u)))
        self.saw(self.settings(u), bits, self.goal.n_fields)
        return bits

    def slope(self, u: Floats) -> tuple[float, Floats]:
        """Bits per pixel, and their gradient by u."""
        import torch

        at = torch.tensor(u, dtype=torch.float64, requires_grad=True)
        values = {axis.setting: _value(axis, x) for axis, x in zip(self.free, at, strict=True)}
        bits = self.goal.bits_per_pixel({**self.chosen, **values})
        bits.backward()  # type: ignore[no-untyped-call]
        gradient = np.zeros(len(u)) if at.grad is None else at.grad.numpy()
        value = float(bits.detach())
        self.saw(self.settings(u), value, self.goal.n_fields)
        return value, np.nan_to_num(gradient)

    def polished(self, start: Floats, bits: float) -> tuple[dict[str, Value], float]:
        """Go to the top from near it, where ``bits`` are; inside all limits."""
        from scipy.optimize import minimize

        if not self.free:
            return self.settings(start), bits

        there, slope = self.slope(start)
        # its first step is the gradient itself, in whatever unit: that of a few per cent of ranges
        unit = _FIRST / max(float(np.abs(slope).max()), _FIRST)

        def downhill(u: Floats) -> tuple[float, Floats]:
            value, gradient = (there, slope) if np.array_equal(u, start) else self.slope(u)
            return -unit * value, -unit * gradient

        found = minimize(
            downhill,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(start),
            options={"maxiter": _ROUNDS, "ftol": unit * _FLAT * abs(there)},
        )
        u, value = np.clip(found.x, 0.0, 1.0), -float(found.fun) / unit
        if self.space.problem(self.settings(u)):
            u, value = self._pulled(start)
        if value < bits:
            u, value = start, bits
        return self.settings(u), value

    def _pulled(self, u: Floats) -> tuple[Floats, float]:
        """Step along the gradient, shorter where a step brings nothing, always inside."""
        best, (value, gradient) = u, self.slope(u)
        step = 0.2
        for _ in range(_PULLED_STEPS):
            length = float(np.linalg.norm(gradient))
            if length == 0 or step < 1e-4:
                break
            trial = self.inside(np.clip(best + step * gradient / length, 0.0, 1.0))
            there, slope = self.slope(trial)
            if there > value:
                best, value, gradient, step = trial, there, slope, step * 1.3
            else:
                step /= 2
        return best, value


@dataclass
class _Runner:
    """A climb under way, and what Adam knows of its slope.

    Parameters
    ----------
    climb
        What is climbed.
    u
        The best place of the last stage.
    bits
        Per pixel there, in the fields of view of that stage.
    """

    climb: _Climb
    u: Floats
    bits: float = -math.inf
    _at: Floats | None = None
    _slope: Any = 0.0
    _squares: Any = 0.0
    _taken: int = 0

    def run(self, goal: Goal, steps: int) -> None:
        """Take so many steps, seen in the fields of view of ``goal``."""
        climb = replace(self.climb, goal=goal)
        if not climb.free:
            self.bits = climb.value(self.u)
            return
        self.bits = -math.inf
        at = climb.inside(self.u) if self._at is None else self._at
        for _ in range(steps):
            value, gradient = climb.slope(at)
            if value > self.bits:
                self.bits, self.u = value, at
            at = climb.inside(np.clip(at + self._step(gradient), 0.0, 1.0))
        self._at = at

    def _step(self, gradient: Floats) -> Floats:
        length = _LONGEST * (1 - self._taken / sum(_STEPS))
        self._taken += 1
        self._slope = _KEPT * self._slope + (1 - _KEPT) * gradient
        self._squares = _KEPT_SQUARES * self._squares + (1 - _KEPT_SQUARES) * gradient**2
        slope = self._slope / (1 - _KEPT**self._taken)
        size = np.sqrt(self._squares / (1 - _KEPT_SQUARES**self._taken))
        step: Floats = length * slope / np.maximum(size, 1e-12)
        return step


def _is_continuous(axis: SearchAxis, space: SearchSpace) -> bool:
    return axis.choices is None and axis.step is None and axis.setting not in space.integers


def _combinations(space: SearchSpace, free: Sequence[SearchAxis]) -> Iterator[dict[str, Value]]:
    apart = [axis for axis in space.axes if axis not in free]
    each = [_values(axis, space) for axis in apart]
    number = math.prod(map(len, each))
    if number > MOST_COMBINATIONS:
        names = ", ".join(axis.setting for axis in apart)
        raise InputError(
            "session",
            "search",
            f"{names} have {number} combinations of whole numbers and choices; allowed: "
            f"{MOST_COMBINATIONS}, each is designed for by itself",
        )
    for combination in itertools.product(*each):
        yield dict(zip((axis.setting for axis in apart), combination, strict=True))


def _values(axis: SearchAxis, space: SearchSpace) -> list[Value]:
    if axis.choices is not None:
        return list(axis.choices)
    assert axis.low is not None
    assert axis.high is not None
    step = axis.step or 1.0
    steps = int((axis.high - axis.low) / step + 1e-9) + 1
    found = [axis.low + i * step for i in range(min(steps, MOST_COMBINATIONS + 1))]
    return [round(value) if axis.setting in space.integers else value for value in found]


def _quasi_random(d: int, n: int, seed: int) -> Floats:
    import torch  # scipy's own takes 0.4 s to import, for nothing else here

    if d == 0:
        return np.zeros((1, 0))
    sobol = torch.quasirandom.SobolEngine(d, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
    drawn: Floats = sobol.draw(max(n, 2), dtype=torch.float64).numpy()[:n]
    return drawn


def _value(axis: SearchAxis, share: Any) -> Any:
    """Value at a share of the range; a tensor where the share is one."""
    assert axis.low is not None
    assert axis.high is not None
    if axis.log:
        value = axis.low * (axis.high / axis.low) ** share
    else:
        value = axis.low + (axis.high - axis.low) * share
    return float(value) if isinstance(share, float) else value


def _share(axis: SearchAxis, value: float) -> float:
    assert axis.low is not None
    assert axis.high is not None
    if axis.high == axis.low:
        return 0.0
    if axis.log:
        return math.log(value / axis.low) / math.log(axis.high / axis.low)
    return (value - axis.low) / (axis.high - axis.low)


def _different(found: Sequence[Design], space: SearchSpace) -> list[Design]:
    """Leave out what is another one again."""
    kept: list[Design] = []
    for one in found:
        if not any(_same(one, other, space) for other in kept):
            kept.append(one)
    return kept


def _same(one: Design, other: Design, space: SearchSpace) -> bool:
    for axis in space.axes:
        a, b = one.settings[axis.setting], other.settings[axis.setting]
        if not _is_continuous(axis, space):
            if a != b:
                return False
        elif abs(_share(axis, float(a)) - _share(axis, float(b))) > _APART:
            return False
    return True
