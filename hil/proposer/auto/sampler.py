"""The sampler, as Optuna asks it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from drivers.types import Floats
from hil.proposer.attributes import GAIN_ATTR, NOISE_ATTR
from hil.proposer.auto.observations import observed
from hil.proposer.auto.search import Expected, Search
from hil.proposer.auto.space import UnitSpace
from hil.proposer.auto.start import REACH

if TYPE_CHECKING:
    from hil.proposer.auto.earlier import Earlier


class InformationSampler(BaseSampler):
    """Few trials to the best settings of an instrument.

    Works in any Optuna study, with floats, integers and choices, constraints, and several
    objectives. A trial may say how sure its value is (user attribute ``SD_ATTR``) and which fields
    of view it was measured at (``FIELDS_ATTR``).

    It begins with the present settings and orthogonal directions around them. Then it asks where
    a Gaussian process expects most (`hil.proposer.auto.process`). Where that has led nowhere for a
    while, some trials take the best with another choice, go to what is least known, by a process
    that expects no parabola, or far away from all that was measured: that finds a second optimum.
    They become rare while the process foretells what is measured (`hil.proposer.auto.course`).

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
        search = self._search(study, search_space, leave_out=(number,))
        point, expected = search.next(number)
        return search.space.decode(point), expected

    def preferred(
        self, study: Study, search_space: Mapping[str, BaseDistribution], number: int
    ) -> dict[str, Any] | None:
        """Give the settings that the model takes for the best, measured or not.

        Returns
        -------
        dict or None
            None while too little is measured to have a model.
        """
        search = self._search(study, search_space)
        point = search.preferred(number)
        return None if point is None else search.space.decode(point)

    def leaders(
        self, study: Study, search_space: Mapping[str, BaseDistribution]
    ) -> list[dict[str, Any]]:
        """List the measured settings that keep to the constraints, the best by the model first."""
        search = self._search(study, search_space)
        return [search.space.decode(point) for point in search.leaders()]

    def differences(
        self,
        study: Study,
        search_space: Mapping[str, BaseDistribution],
        settings: Mapping[str, Any],
        others: Sequence[Mapping[str, Any]],
        leave_out: Collection[int] = (),
    ) -> list[tuple[float, float]] | None:
        """Say how much more settings bring than each of others, and how sure that is.

        Parameters
        ----------
        study, search_space
            As of `propose`.
        settings, others
            What is compared.
        leave_out
            Numbers of trials that are not to count.

        Returns
        -------
        list of (float, float) or None
            Difference and its standard deviation, in the first objective's unit; None while too
            little is measured to have a model.
        """
        search = self._search(study, search_space, leave_out)
        points = [search.space.encode(dict(one)) for one in (settings, *others)]
        found = search.differences(points[0], np.array(points[1:]))
        if found is None:
            return None
        sign = 1.0 if study.directions[0] == StudyDirection.MAXIMIZE else -1.0
        return [(sign * float(mean), float(sd)) for mean, sd in zip(*found, strict=True)]

    # --- inside ----------------------------------------------------------------------------------

    def _search(
        self,
        study: Study,
        search_space: Mapping[str, BaseDistribution],
        leave_out: Collection[int] = (),
    ) -> Search:
        space = UnitSpace(search_space)
        signs = [1.0 if d == StudyDirection.MAXIMIZE else -1.0 for d in study.directions]
        trials = [t for t in study.get_trials(deepcopy=False) if t.number not in leave_out]
        return Search(
            space,
            observed(trials, search_space, space, signs),
            self._known(search_space, space, signs),
            lambda points: self._allow(space, points),
            self._centre(space),
            self._seed,
            self._reach,
        )

    def _known(
        self, search_space: Mapping[str, BaseDistribution], space: UnitSpace, signs: list[float]
    ) -> list[Earlier]:
        """List the earlier sessions with two trials or more at settings of this space."""
        if not self._earlier:
            return []
        from hil.proposer.auto.earlier import Earlier

        found = [
            Earlier(observed(trials, search_space, space, signs), doubt)
            for trials, doubt in self._earlier
        ]
        return [one for one in found if len(one.seen.points) >= 2]

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
