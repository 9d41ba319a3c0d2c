"""The order of moves: from where devices are to where they are asked to be, allowed all the way.

A pure function: `plan_moves` takes the present values, the targets and the limits, and gives legs.
The settings of one leg move at the same time, so that each is anywhere between its ends: a leg is
allowed where every limit holds on that whole box. What goes in one leg goes in one; else what
lowers a limited quantity goes before what raises it; else moves are split; and where no order is
found, the limit in the way is named.

Light goes down before anything else moves and up after everything else has come to rest, and a
target is approached from its side, as far as the limits let them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from drivers.types import Value
from hil.rig.moves.joint import JointLimit, problem, touched, vector
from hil.rig.moves.tracks import Track

# A refusal is better than a plan that takes all night.
MOST_LEGS = 1000
# Shares of what is left to go that are tried when nothing can go all the way.
_SHARES = tuple(0.5**i for i in range(1, 11))
# How often an approach is shortened before it is given up.
_SHORTER = 6


@dataclass(frozen=True, slots=True)
class Leg:
    """Settings that are sent, and wait until all have come to rest.

    Parameters
    ----------
    values
        Canonical names; those of one device go in one command.
    seconds
        The least time that it may take, by the settings' slew.
    """

    values: Mapping[str, Value]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MoveRefusal:
    """No order of moves keeps a limit.

    Parameters
    ----------
    message
        Which, and why.
    key
        Of the limit in the rig file.
    """

    message: str
    key: str


def plan_moves(
    present: Mapping[str, Value],
    targets: Mapping[str, Value],
    tracks: Mapping[str, Track],
    joint: Sequence[JointLimit] = (),
) -> tuple[Leg, ...] | MoveRefusal:
    """Find the legs that bring settings to their targets.

    Parameters
    ----------
    present
        What the devices read: every setting of the targets whose track needs it, and every
        setting of a limit that spans one of them.
    targets
        Allowed each by itself.
    tracks
        Of the targets.
    joint
        The limits that span several settings. Where one is passed at present, nothing may pass it
        further.

    Returns
    -------
    tuple of Leg, or MoveRefusal
    """
    limits = touched(joint, targets)
    for limit in limits:
        if said := problem(limit, {**present, **targets}):
            return MoveRefusal(said, limit.key)
    plan = _Plan(present, targets, tracks, limits)
    while plan.pending:
        if len(plan.legs) > MOST_LEGS or not plan.advance():
            return plan.refusal()
    return _divided(present, plan.legs, tracks)


def needs_present(track: Track) -> bool:
    """Whether the way to a target depends on where the setting is."""
    return track.limited or track.detours or track.light


class _Plan:
    """A plan in the making: where everything is, and what is still to be reached, in order."""

    def __init__(
        self,
        present: Mapping[str, Value],
        targets: Mapping[str, Value],
        tracks: Mapping[str, Track],
        limits: Sequence[JointLimit],
    ) -> None:
        self.legs: list[dict[str, Value]] = []
        self._here = dict(present)
        self._tracks = tracks
        self._limits = limits
        self.pending: dict[str, list[Value]] = {
            name: self._waypoints(name, target) for name, target in targets.items()
        }
        self._dark_first = {
            name
            for name, target in targets.items()
            if tracks[name].light and tracks[name].darkens(present[name], target)
        }
        self._light = {name for name in targets if tracks[name].light}
        self._shortened = dict.fromkeys(targets, 0)

    def _waypoints(self, name: str, target: Value) -> list[Value]:
        track = self._tracks[name]
        if isinstance(target, str) or not track.detours:
            return [target]
        first = track.beyond(float(self._here[name]), float(target))
        return [target] if first is None else [first, target]

    def advance(self) -> bool:
        """Add a leg; whether there was one."""
        for tier in self._preferred():
            if any(self._whole(names) for names in tier):
                return True
            # Creeping towards a place that is not allowed would take long, and end short of it.
            if self._shorten([name for name in tier[-1] if self._beyond_a_limit(name)]):
                return True
            if self._split(tier[-1]):
                return True
        return self._shorten(list(self.pending))

    def refusal(self) -> MoveRefusal:
        """Name a limit that is in the way of what is left."""
        for name, (target, *_) in self.pending.items():
            for limit in self._limits:
                if name in limit.settings and not self._allowed({name: target}, (limit,)):
                    goal = {**self._here, **{n: w[-1] for n, w in self.pending.items()}}
                    said = limit.words(vector(limit, goal))
                    why = f"no order of moves keeps it on the way, in up to {MOST_LEGS}"
                    return MoveRefusal(f"{why}: {said}", limit.key)
        left = ", ".join(self.pending)
        return MoveRefusal(f"no order of moves was found for {left}", "")

    def _preferred(self) -> Iterator[list[list[str]]]:
        """Give what should move next, and then what may: tiers of narrower and wider choices."""
        dark = [name for name in self.pending if name in self._dark_first]
        others = [name for name in self.pending if name not in self._light]
        if dark:
            yield [dark]
        elif others:
            yield [[name for name in others if not self._held_back(name)], others]
        yield [list(self.pending)]

    def _held_back(self, name: str) -> bool:
        """Whether a setting would take the room in which another is to be approached."""
        return any(
            name in limit.settings
            and self._load({name: self.pending[name][0]}, limit) > self._load({}, limit)
            for limit in self._limits
            for other in limit.settings
            if other != name and len(self.pending.get(other, ())) > 1
        )

    def _whole(self, names: Sequence[str]) -> bool:
        """Bring as many as go at once to their next waypoints, those that lower a limit first."""
        order = self._sorted(names)
        together = {name: self.pending[name][0] for name in order}
        # What a device takes at once may be allowed where some of it is not.
        if together and self._allowed(together):
            return self._commit(together)
        leg: dict[str, Value] = {}
        for name in order:
            there = {**leg, name: self.pending[name][0]}
            if self._allowed(there):
                leg = there
        return self._commit(leg)

    def _split(self, names: Sequence[str]) -> bool:
        """Go part of the way: all together, else one after the other."""
        order = self._sorted(names)
        for share in _SHARES:
            parts = {name: self._part(name, share) for name in order}
            moving = {name: value for name, value in parts.items() if value != self._here.get(name)}
            if moving and self._allowed(moving):
                return self._commit(moving)
            leg: dict[str, Value] = {}
            for name in moving:
                if self._allowed({**leg, name: moving[name]}):
                    leg[name] = moving[name]
            if leg:
                return self._commit(leg)
        return False

    def _part(self, name: str, share: float) -> Value:
        here, target = self._here.get(name), self.pending[name][0]
        if here is None or isinstance(here, str) or isinstance(target, str):
            return target
        return self._tracks[name].part(float(here), float(target), share)

    def _beyond_a_limit(self, name: str) -> bool:
        """Whether the place from which a setting would be approached is no allowed one."""
        step = {name: self.pending[name][0]}
        near = [limit for limit in self._limits if name in limit.settings]
        return any(self._load(step, limit) > max(self._load({}, limit), 0.0) for limit in near)

    def _shorten(self, names: Sequence[str]) -> bool:
        """Approach settings from nearer, where the limits leave no room; whether there was one."""
        found = False
        for name in names:
            waypoints = self.pending[name]
            if len(waypoints) < 2:
                continue
            found = True
            self._shortened[name] += 1
            nearer = self._tracks[name].part(float(waypoints[0]), float(waypoints[1]), 0.5)
            if self._shortened[name] > _SHORTER or nearer in waypoints:
                del waypoints[0]
            else:
                waypoints[0] = nearer
        return found

    def _commit(self, leg: Mapping[str, Value]) -> bool:
        if not leg:
            return False
        self.legs.append(dict(leg))
        self._here.update(leg)
        for name, value in leg.items():
            if value == self.pending[name][0]:
                self.pending[name].pop(0)
                if not self.pending[name]:
                    del self.pending[name]
        return True

    def _sorted(self, names: Sequence[str]) -> list[str]:
        """Put what lowers a limited quantity before what raises it."""
        if not self._limits:
            return list(names)
        before = {limit.key: self._load({}, limit) for limit in self._limits}

        def rise(name: str) -> float:
            step = {name: self.pending[name][0]}
            near = [limit for limit in self._limits if name in limit.settings]
            rises = [self._load(step, limit) - before[limit.key] for limit in near]
            return max(rises, default=-np.inf)

        return sorted(names, key=rise)

    def _load(self, step: Mapping[str, Value], limit: JointLimit) -> float:
        """How near a limit is to being passed after a step."""
        point = vector(limit, {**self._here, **step})
        return float(limit.excess(point, point).max())

    def _allowed(
        self, leg: Mapping[str, Value], limits: Sequence[JointLimit] | None = None
    ) -> bool:
        """Whether every limit holds wherever the settings of a leg are on their way."""
        for limit in touched(self._limits if limits is None else limits, leg):
            here, there = vector(limit, self._here), vector(limit, {**self._here, **leg})
            if getattr(limit, "at_once", False) and not any(
                self._tracks[name].limited for name in leg if name in limit.settings
            ):
                excess = limit.excess(there, there)
            else:
                excess = limit.excess(np.minimum(here, there), np.maximum(here, there))
            # Where it is passed already, it may not be passed further.
            if (excess > np.maximum(limit.excess(here, here), 0.0)).any():
                return False
        return True


def _divided(
    present: Mapping[str, Value], legs: Sequence[Mapping[str, Value]], tracks: Mapping[str, Track]
) -> tuple[Leg, ...] | MoveRefusal:
    """Divide legs into such as the settings' largest steps and slews allow."""
    here = dict(present)
    result: list[Leg] = []
    for leg in legs:
        ways: dict[str, list[Value]] = {}
        for name, value in leg.items():
            track = tracks[name]
            if isinstance(value, str) or not track.limited:
                ways[name] = [value]
                continue
            stops = track.stops(float(here[name]), float(value))
            if stops is None:
                return MoveRefusal(
                    f"{name} cannot go from {here[name]} to {value} in allowed steps",
                    f'limits."{name}"',
                )
            ways[name] = stops
        for values in zip_longest(*ways.values()):
            step = {n: v for n, v in zip(ways, values, strict=True) if v is not None}
            seconds = max(
                (
                    tracks[name].seconds(float(here[name]), float(value))
                    for name, value in step.items()
                    if tracks[name].slew_per_s < np.inf
                ),
                default=0.0,
            )
            result.append(Leg(step, seconds))
            here.update(step)
    return tuple(result)
