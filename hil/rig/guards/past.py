"""What a session's earlier frames looked like: what a guard holds new ones against.

Only trials whose frames all passed are remembered; what is kept of each is a few numbers a place.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import fmean
from typing import NamedTuple

from hil.rig.guards.conditions import Conditions
from hil.rig.guards.taken import Taken

_TRIALS = 32
_FRAMES = 50_000


class Origin(NamedTuple):
    """Where a frame was seen first.

    Parameters
    ----------
    trial, place, repeat
        Which frame; trials as the watch counts them.
    settings
        Stands for what was commanded.
    """

    trial: int
    place: int
    repeat: int
    settings: int


@dataclass(frozen=True, slots=True)
class PlaceSeen:
    """What is kept of one place in one trial.

    Parameters
    ----------
    form
        Shape and type of its frames.
    blank
        Whether it is a blank field.
    mean_adu
        Mean over pixels and repeats.
    signal_adu
        The mean above the dark level; NaN where that is not known.
    limit_adu
        A signal below this cannot be told from none.
    exposure_ms
        As the frames say.
    low_bits
        Lowest bits that are 0 in all pixels.
    digest
        Of the first frame.
    """

    form: tuple[tuple[int, ...], str]
    blank: bool
    mean_adu: float
    signal_adu: float
    limit_adu: float
    exposure_ms: float
    low_bits: int
    digest: bytes

    @classmethod
    def of(cls, taken: Taken) -> PlaceSeen:
        """Sum up one capture."""
        return cls(
            taken.form,
            taken.blank,
            fmean(taken.means_adu),
            fmean(taken.signals_adu),
            taken.limit_adu,
            taken.frames[0].meta.exposure_ms,
            taken.low_bits,
            taken.digests[0],
        )

    @property
    def bright(self) -> bool:
        """Whether there is light beyond doubt."""
        return self.signal_adu >= 3 * self.limit_adu


@dataclass(slots=True)
class TrialSeen:
    """What is kept of one trial.

    Parameters
    ----------
    number
        Counted by the watch from 0.
    conditions
        What was commanded; of the fields of view, not the blank ones.
    places
        Index to what was seen there.
    confirmed
        What guards doubted and a second frame showed again: name of the guard, and place.
    undecided
        Those of them where the second frame speaks against the first, and not beyond chance.
    """

    number: int
    conditions: Conditions = field(default_factory=Conditions)
    places: dict[int, PlaceSeen] = field(default_factory=dict)
    confirmed: set[tuple[str, int]] = field(default_factory=set)
    undecided: set[tuple[str, int]] = field(default_factory=set)

    def forget(self, place: int) -> None:
        """Forget what guards found at a place."""
        self.confirmed = {found for found in self.confirmed if found[1] != place}
        self.undecided = {found for found in self.undecided if found[1] != place}

    def others(self, place: int) -> dict[int, PlaceSeen]:
        """Fields of view of the trial beside one."""
        return {i: seen for i, seen in self.places.items() if i != place and not seen.blank}


@dataclass(slots=True)
class Past:
    """What the session has seen.

    Parameters
    ----------
    now
        The trial in work.
    trials
        The latest ones before it.
    origins
        Digest of a frame to where it was seen first.
    repeats_itself
        Whether frames at the same settings differ by no noise, as those of a simulator without
        noise or of a recording; None while nobody knows.
    latest
        Digest of the last frame taken.
    n_fields
        Fields of view of a trial; 0 where that is not known.
    """

    now: TrialSeen = field(default_factory=lambda: TrialSeen(0))
    trials: deque[TrialSeen] = field(default_factory=lambda: deque(maxlen=_TRIALS))
    origins: OrderedDict[bytes, Origin] = field(default_factory=OrderedDict)
    repeats_itself: bool | None = None
    latest: bytes = b""
    n_fields: int = 0

    def remember(self, digest: bytes, origin: Origin) -> None:
        """Note a frame; the oldest ones but those of the first trial are forgotten."""
        self.origins.setdefault(digest, origin)
        self.latest = digest
        while len(self.origins) > _FRAMES:
            oldest, where = next(iter(self.origins.items()))
            del self.origins[oldest]
            if where.trial == 0 and self.now.number > 0 and len(self.origins) > _FRAMES // 2:
                self.origins[oldest] = where  # to the end: a stuck buffer holds the first frames

    def same_switches(self, conditions: Conditions) -> Iterator[TrialSeen]:
        """Earlier trials, newest first, with the same choices and whole numbers."""
        for trial in reversed(self.trials):
            if trial.conditions.switches == conditions.switches:
                yield trial
