"""What is to be asked for next, from what was measured: an earlier best, the star, the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.types import Floats
from hil.proposer.auto.course import NEAR, are_many, look, near, news_of, not_asked, standstill
from hil.proposer.auto.observations import Observations, slope
from hil.proposer.auto.other_choice import other_choice
from hil.proposer.auto.space import UnitSpace
from hil.proposer.auto.start import start_points

if TYPE_CHECKING:  # torch, for the first ask after the star
    from hil.proposer.auto.acquisition import Acquisition, Belief
    from hil.proposer.auto.earlier import Earlier


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a proposal, in the first objective's unit.

    Parameters
    ----------
    gain
        What it adds to the best, and what it lets later ones add by what it tells of the top.
    noise_sd
        Standard deviation of a trial's value about the model, near the best.
    """

    gain: float
    noise_sd: float


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it stands; points are (n_columns,) of the unit cube.

    Parameters
    ----------
    space
        What is searched.
    seen
        What was measured.
    known
        Earlier sessions that may tell of this one.
    allow
        (n, n_columns) points to as many inside joint limits.
    centre
        The present settings.
    seed, reach
        Of the star.
    """

    space: UnitSpace
    seen: Observations
    known: Sequence[Earlier]
    allow: Callable[[Floats], Floats]
    centre: Floats
    seed: int
    reach: float

    def next(self, number: int) -> tuple[Floats, Expected | None]:
        """Give the point of trial ``number``, and what is expected of it, where that is known."""
        trusted: list[Earlier] = []
        if self.known:
            told, trusted = self._told()
            if told is not None:
                return told, None
        star = self.allow(start_points(self.space, self.centre, self.seed, self.reach))
        known_enough = trusted and len(self.seen.points) >= 2
        if not known_enough and (left := not_asked(star, self.seen)) is not None:
            return left, None
        if len(self.seen.points) < 2:
            rng = np.random.default_rng((self.seed, number))
            return self.allow(self.space.from_axes(rng.random((1, self.space.n_axes))))[0], None
        belief = self._belief(trusted)
        values = self.seen.values[:, 0]
        news = news_of(values, slope(values))
        since = standstill(self.seen, len(star), belief.level(), news)
        if not since:
            return self._expected(belief, number)
        swapped = self._other_choice(belief)
        if swapped is not None and number % 2:
            return swapped, None
        n_axes, foretold = self.space.n_axes, belief.foretold
        which = look(since, number, n_axes=n_axes, foretold=foretold)
        if which is None:
            apart = not are_many(since, n_axes=n_axes, foretold=foretold)
            point, expected = self._expected(belief, number, apart=apart)
            if not near(point, self.seen.points):
                return point, expected
            which = number // 2
        return self._elsewhere(which, number) if swapped is None else swapped, None

    def preferred(self, number: int) -> Floats | None:
        """Give what the model takes for the best; None while too little is measured for one."""
        if len(self.seen.points) < 2 or not self.seen.feasible.any():
            return None
        belief = self._belief(self._trusted())
        return self._best(belief, belief.preference(), number)[0]

    def leaders(self) -> list[Floats]:
        """List the measured points that keep to the constraints, the best by the model first."""
        if len(self.seen.points) < 2:
            return []
        mean, _ = self._belief(self._trusted()).mean_and_sd(self.seen.points)
        allowed = self.seen.eligible
        return [self.seen.points[i] for i in np.argsort(-mean) if allowed[i]]

    def differences(self, point: Floats, others: Floats) -> tuple[Floats, Floats] | None:
        """Say how much more a point brings than each of others; None without a model of them.

        Mean and standard deviation, in the first objective's unit.
        """
        if len(self.seen.points) < 2 or not self.seen.feasible.any():
            return None
        return self._belief(self._trusted()).differences(point, others)

    # --- earlier sessions ------------------------------------------------------------------------

    def _told(self) -> tuple[Floats | None, list[Earlier]]:
        """Give the best settings of an earlier session that are to be tried, and whom to trust.

        They are tried one session after the other, until one has told the truth; the present
        settings come before, since only a difference tells whether it is the truth.
        """
        from hil.proposer.auto.acquisition import Belief
        from hil.proposer.auto.earlier import agrees, comparable

        seen = self.seen
        asked = np.vstack([seen.points, seen.pending])
        trusted: list[Earlier] = []
        for one in self.known if len(asked) else ():
            if not comparable(seen, one.seen):
                continue
            belief = Belief(one.seen)
            best = self.allow(one.seen.points[belief.best()][None])[0]
            if not near(best, asked):
                if not trusted and len(asked) <= 1 + len(self.known):
                    return best, []
                if not trusted:
                    continue
            if len(seen.points) and agrees(seen, *belief.told(seen.points)):
                trusted.append(one)
        return None, trusted

    def _trusted(self) -> list[Earlier]:
        return self._told()[1] if self.known else []

    # --- the model -------------------------------------------------------------------------------

    def _expected(
        self, belief: Belief, number: int, *, apart: bool = False
    ) -> tuple[Floats, Expected | None]:
        """Go where most is expected; `apart` from what was measured, if there is such a place."""
        from hil.proposer.auto.optimise import polished

        known = self.seen.values.shape[1] == 1 and bool(self.seen.feasible.any())
        top = None
        if known:
            best = self.seen.points[belief.best()]
            top = polished(belief.preference(), self.space, self.allow, best)
        wanted = belief.acquisition(number, top, self.space.continuous)
        if apart:
            wanted = belief.apart(wanted, NEAR)
        point, value = self._best(belief, wanted, number)
        return point, Expected(belief.expected_gain(value), belief.noise_sd) if known else None

    def _elsewhere(self, which: int, number: int) -> Floats:
        """Go where no parabola leads, in turn by ``which`` look it is.

        Around the best the model may be surer than it should be; elsewhere there might be more; or
        it is far away from all that was measured.
        """
        belief = self._belief((), rough=True)
        ways = (belief.doubt, belief.hope, belief.doubt, belief.curiosity)
        wanted = ways[which % len(ways)]()
        return self._best(belief, wanted, number)[0]

    def _other_choice(self, belief: Belief) -> Floats | None:
        """Give the best with another choice, as long as one was not measured there."""
        seen = self.seen
        best = seen.points[belief.best()]
        swapped = other_choice(self.space, best, seen.points, seen.pending)
        return None if swapped is None else np.asarray(self.allow(swapped[None])[0])

    def _best(self, belief: Belief, wanted: Acquisition, number: int) -> tuple[Floats, float]:
        from hil.proposer.auto.optimise import best_point

        centres = [self.seen.points[belief.best()], self.centre]
        return best_point(wanted, self.space, self.allow, centres, number)

    def _belief(self, earlier: Sequence[Earlier], *, rough: bool = False) -> Belief:
        from hil.proposer.auto.acquisition import Belief

        return Belief(self.seen, rough=rough, earlier=earlier)
