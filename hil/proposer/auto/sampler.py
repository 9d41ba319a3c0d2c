"""The sampler, as Optuna asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from drivers.types import Floats
from hil.proposer.attributes import GAIN_ATTR, NOISE_ATTR
from hil.proposer.auto.course import near, not_asked, stale
from hil.proposer.auto.observations import Observations, observed
from hil.proposer.auto.other_choice import other_choice
from hil.proposer.auto.space import UnitSpace
from hil.proposer.auto.start import REACH, start_points

if TYPE_CHECKING:
    from hil.proposer.auto.acquisition import Acquisition, Belief
    from hil.proposer.auto.earlier import Earlier


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a proposal, in the first objective's unit.

    Parameters
    ----------
    gain
        What it adds to the best.
    noise_sd
        Standard deviation of a trial's value about the model, near the best.
    """

    gain: float
    noise_sd: float


class InformationSampler(BaseSampler):
    """Few trials to the best settings of an instrument.

    Works in any Optuna study, with floats, integers and choices, constraints, and several
    objectives. A trial may say how sure its value is (user attribute ``SD_ATTR``) and which fields
    of view it was measured at (``FIELDS_ATTR``).

    It begins with the present settings and orthogonal directions around them. Then it asks where
    a Gaussian process expects most (`hil.proposer.auto.process`). Where that has led nowhere for a
    while, every other trial, and each that would only repeat one, takes the best with another
    choice, goes by a process that expects no parabola, or as far away from all that was measured as
    may be: that finds a second optimum.

    Parameters
    ----------
    present
        Settings to begin at; None for the middle of the ranges.
    allowed
        Brings a set of settings inside limits that span several of them.
    seed
        Of the star and of candidates.
    reach
        Of the star's arms: a share of the half-range, root mean square over the settings.
    earlier
        Studies of earlier sessions with their doubt: how far the landscape may be another by now,
        as a share of its variance (0.05, say; 1 for a guess). Trials at settings of this space
        count; the best of each is measured first, and where that agrees the star is left out.
    search_space
        What is searched, where that is known beforehand; otherwise it is what the study's trials
        have in common, and the first trial is at the present settings.
    """

    def __init__(
        self,
        *,
        search_space: Mapping[str, BaseDistribution] | None = None,
        present: Mapping[str, Any] | None = None,
        allowed: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
        seed: int | None = None,
        reach: float = REACH,
        earlier: Sequence[tuple[Sequence[FrozenTrial], float]] = (),
    ) -> None:
        self._present = present
        self._allowed = allowed
        self._seed = int(np.random.SeedSequence(seed).generate_state(1)[0])
        self._reach = reach
        self._search_space = search_space
        self._earlier = earlier
        self._independent = RandomSampler(seed=seed)
        self._common = IntersectionSearchSpace()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Give what is searched."""
        if self._search_space is not None:
            return dict(self._search_space)
        return self._common.calculate(study)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Begin at the present settings; sample what earlier trials do not have."""
        if not study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]):
            space = UnitSpace({param_name: param_distribution})
            return space.decode(self._centre(space))[param_name]
        return self._independent.sample_independent(study, trial, param_name, param_distribution)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Propose settings."""
        params, expected = self.propose(study, search_space, trial.number)
        if expected is not None:
            storage = study._storage  # noqa: SLF001  as Optuna's own samplers do
            for name, value in ((GAIN_ATTR, expected.gain), (NOISE_ATTR, expected.noise_sd)):
                storage.set_trial_system_attr(trial._trial_id, name, value)  # noqa: SLF001
        return params

    def propose(
        self, study: Study, search_space: Mapping[str, BaseDistribution], number: int
    ) -> tuple[dict[str, Any], Expected | None]:
        """Propose settings, and say what they are expected to add to the best.

        Returns
        -------
        dict
            Setting to value.
        Expected or None
            None while that is not known.
        """
        if not search_space:
            return {}, None
        space = UnitSpace(search_space)
        seen = self._seen(study, space, search_space, leave_out=number)
        known = self._known(study, space, search_space)
        point, expected = self._point(space, seen, known, number)
        return space.decode(point), expected

    def preferred(
        self, study: Study, search_space: Mapping[str, BaseDistribution], number: int
    ) -> dict[str, Any] | None:
        """Give the settings that the model takes for the best, measured or not.

        Returns
        -------
        dict or None
            None while too little is measured to have a model.
        """
        space = UnitSpace(search_space)
        seen = self._seen(study, space, search_space)
        if len(seen.points) < 2 or not seen.feasible.any():
            return None
        belief = self._belief(seen, self._trusted(study, space, search_space, seen))
        point, _ = self._best(space, seen, belief, belief.preference(), number)
        return space.decode(point)

    def leaders(
        self, study: Study, search_space: Mapping[str, BaseDistribution]
    ) -> list[dict[str, Any]]:
        """List the measured settings that keep to the constraints, the best by the model first."""
        space = UnitSpace(search_space)
        seen = self._seen(study, space, search_space)
        if len(seen.points) < 2:
            return []
        trusted = self._trusted(study, space, search_space, seen)
        mean, _ = self._belief(seen, trusted).mean_and_sd(seen.points)
        allowed = seen.eligible
        order = [i for i in np.argsort(-mean) if allowed[i]]
        return [space.decode(seen.points[i]) for i in order]

    # --- inside ----------------------------------------------------------------------------------

    def _seen(
        self,
        study: Study,
        space: UnitSpace,
        search_space: Mapping[str, BaseDistribution],
        leave_out: int | None = None,
    ) -> Observations:
        trials = [t for t in study.get_trials(deepcopy=False) if t.number != leave_out]
        return observed(trials, search_space, space, _signs(study))

    def _known(
        self, study: Study, space: UnitSpace, search_space: Mapping[str, BaseDistribution]
    ) -> list[Earlier]:
        """List the earlier sessions with two trials or more at settings of this space."""
        if not self._earlier:
            return []
        from hil.proposer.auto.earlier import Earlier

        found = [
            Earlier(observed(trials, search_space, space, _signs(study)), doubt)
            for trials, doubt in self._earlier
        ]
        return [one for one in found if len(one.seen.points) >= 2]

    def _told(
        self, space: UnitSpace, seen: Observations, known: Sequence[Earlier]
    ) -> tuple[Floats | None, list[Earlier]]:
        """Give the best settings of an earlier session that are to be tried, and whom to trust.

        They are tried one session after the other, until one has told the truth; the present
        settings come before, since only a difference tells whether it is the truth.
        """
        from hil.proposer.auto.acquisition import Belief
        from hil.proposer.auto.earlier import agrees, comparable

        asked = np.vstack([seen.points, seen.pending])
        trusted: list[Earlier] = []
        for one in known if len(asked) else ():
            if not comparable(seen, one.seen):
                continue
            belief = Belief(one.seen)
            best = self._allow(space, one.seen.points[belief.best()][None])[0]
            if not near(best, asked):
                if not trusted and len(asked) <= 1 + len(known):
                    return best, []
                if not trusted:
                    continue
            if len(seen.points) and agrees(seen, *belief.told(seen.points)):
                trusted.append(one)
        return None, trusted

    def _trusted(
        self,
        study: Study,
        space: UnitSpace,
        search_space: Mapping[str, BaseDistribution],
        seen: Observations,
    ) -> list[Earlier]:
        known = self._known(study, space, search_space)
        return self._told(space, seen, known)[1] if known else []

    def _point(
        self, space: UnitSpace, seen: Observations, known: Sequence[Earlier], number: int
    ) -> tuple[Floats, Expected | None]:
        centre = self._centre(space)
        trusted: list[Earlier] = []
        if known:
            told, trusted = self._told(space, seen, known)
            if told is not None:
                return told, None
        star = self._allow(space, start_points(space, centre, self._seed, self._reach))
        known_enough = trusted and len(seen.points) >= 2
        if not known_enough and (left := not_asked(star, seen)) is not None:
            return left, None
        if len(seen.points) < 2:
            rng = np.random.default_rng((self._seed, number))
            return self._allow(space, space.from_axes(rng.random((1, space.n_axes))))[0], None
        stuck = stale(seen, len(star))
        if not (stuck and number % 2):
            point, expected = self._expected(space, seen, number, trusted)
            if not (stuck and near(point, seen.points)):
                return point, expected
        return self._elsewhere(space, seen, number), None

    def _expected(
        self,
        space: UnitSpace,
        seen: Observations,
        number: int,
        earlier: Sequence[Earlier] = (),
    ) -> tuple[Floats, Expected | None]:
        """Go where most is expected."""
        belief = self._belief(seen, earlier)
        point, value = self._best(space, seen, belief, belief.acquisition(number), number)
        known = seen.values.shape[1] == 1 and bool(seen.feasible.any())
        return point, Expected(belief.expected_gain(value), belief.noise_sd) if known else None

    def _elsewhere(self, space: UnitSpace, seen: Observations, number: int) -> Floats:
        """Go where no parabola leads: where there might be more, or far away, in turn."""
        belief = self._belief(seen, (), rough=True)
        swapped = other_choice(space, seen.points[belief.best()], seen.points, seen.pending)
        if swapped is not None:
            return np.asarray(self._allow(space, swapped[None])[0])
        wanted = belief.hope() if number // 2 % 2 else belief.curiosity()
        return self._best(space, seen, belief, wanted, number)[0]

    def _best(
        self, space: UnitSpace, seen: Observations, belief: Belief, wanted: Acquisition, number: int
    ) -> tuple[Floats, float]:
        from hil.proposer.auto.optimise import best_point

        centres = [seen.points[belief.best()], self._centre(space)]
        return best_point(wanted, space, lambda points: self._allow(space, points), centres, number)

    def _belief(
        self, seen: Observations, earlier: Sequence[Earlier], *, rough: bool = False
    ) -> Belief:
        from hil.proposer.auto.acquisition import Belief

        return Belief(seen, rough=rough, earlier=earlier)

    def _centre(self, space: UnitSpace) -> Floats:
        middle = space.from_axes(np.full((1, space.n_axes), 0.5))[0]
        if self._present is None:
            return np.asarray(middle)
        try:
            present = space.encode({**space.decode(middle), **self._present})
        except ValueError:  # the rig stands where the search does not go
            return np.asarray(middle)
        return np.asarray(space.snap(np.clip(present, 0.0, 1.0)[None])[0])

    def _allow(self, space: UnitSpace, points: Floats) -> Floats:
        if self._allowed is None:
            return points
        return np.array([space.encode(self._allowed(space.decode(point))) for point in points])


def _signs(study: Study) -> list[float]:
    return [1.0 if d == StudyDirection.MAXIMIZE else -1.0 for d in study.directions]
