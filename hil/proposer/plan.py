"""What a session searches, and which fields of view its trials take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from drivers.types import Value
from hil import spec
from hil.errors import HilError
from hil.records.knowledge import EarlierSession, FirstTrial
from hil.records.trial import FIELDS, FURTHER

if TYPE_CHECKING:
    from hil.twin import TrialFrames
    from sim.parts.unknown import SceneOptics

_TRIALS_A_FIELD = 4  # times one more than there are axes: a star, and what follows from it


class NoFrames(HilError):
    """Frames of an earlier trial that cannot be read any more; the message says why."""


class ModelRig(Protocol):
    """A simulated rig whose unknowns sampler `model` fits, and the session's frames."""

    @property
    def optics(self) -> SceneOptics:
        """The rig; where its unknowns start has no truth in it."""
        ...

    def settings(self, requested: Mapping[str, Value]) -> Mapping[str, Value]:
        """Complete settings of a trial to all that the optics ask for."""
        ...

    def frames(self, number: int, fields: Sequence[int]) -> TrialFrames:
        """Give the frames of a trial at these fields of view.

        Raises
        ------
        NoFrames
        """
        ...


def _unchanged(values: Mapping[str, Value]) -> dict[str, Value]:
    return dict(values)


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What a session searches, with names and ranges that the devices have confirmed.

    Parameters
    ----------
    axes
        Canonical settings with their ranges.
    integers
        Names of the axes whose device takes integers.
    sampler
        From the session file.
    seed, trials
        From the session file.
    n_objectives
        How many numbers are maximised.
    start
        Settings of the first trial; None if the sampler proposes it.
    reference_every, reference
        A reference trial with these settings after every so many others; 0 for none.
    repair
        Brings a proposal inside limits that span several axes.
    remeasure
        How many trials at most measure the best again, as the last of `trials`.
    confidence
        They end when one of the leaders is the best with this probability.
    n_fields, n_to_search
        Fields of view there are, and how many of them a trial takes that searches.
    most_to_search
        How many it may go on to.
    least_gain
        The search ends when less than this is expected of another trial; None for no bound.
    earlier, first
        Sessions whose trials tell of this one; settings to measure before a sampler is asked.
    model
        What sampler ``model`` fits; None where there are no frames to fit, as in what-if sessions:
        then it is ``auto`` from the start.
    """

    axes: tuple[spec.SearchAxis, ...]
    integers: frozenset[str]
    sampler: spec.SamplerSpec
    seed: int
    trials: int
    n_objectives: int = 1
    start: Mapping[str, Value] | None = None
    reference_every: int = 0
    reference: Mapping[str, Value] = field(default_factory=dict)
    repair: Callable[[Mapping[str, Value]], dict[str, Value]] = _unchanged
    remeasure: int = 0
    confidence: float = 0.95
    n_fields: int = 1
    n_to_search: int = 1
    most_to_search: int = 1
    least_gain: float | None = None
    earlier: tuple[EarlierSession, ...] = ()
    first: tuple[FirstTrial, ...] = ()
    model: ModelRig | None = None

    @property
    def as_needed(self) -> bool:
        """Whether trials that search take a part of the fields of view."""
        return self.n_to_search < self.n_fields

    def fields_of(self, number: int) -> dict[str, list[int]]:
        """Say which fields of view a trial that searches takes; nothing where it takes all.

        The same ones for a good while, since settings are compared best on the same scene; then
        the next, in an order of the session's own, so that none is bleached more than it must.
        """
        if not self.as_needed:
            return {}
        order = np.random.default_rng((self.seed, 2)).permutation(self.n_fields)
        first = number // (_TRIALS_A_FIELD * (len(self.axes) + 1)) * self.n_to_search
        taken = [int(order[(first + i) % self.n_fields]) for i in range(self.n_fields)]
        found = {FIELDS: taken[: self.n_to_search]}
        further = taken[self.n_to_search : self.most_to_search]
        return {**found, FURTHER: further} if further else found
