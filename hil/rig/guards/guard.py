"""What a guard is, and the error that names it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hil.errors import RigError
from hil.rig.guards.past import Past, TrialSeen
from hil.rig.guards.taken import Taken


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with frames.

    Parameters
    ----------
    words
        For a person, with figures; what would be right where that is known.
    figures
        The same as numbers, for the event.
    certain
        False where a second frame must decide.
    place
        Of a finding about a whole trial.
    """

    words: str
    figures: Mapping[str, float | str] = field(default_factory=dict)
    certain: bool = True
    place: int = -1


class FramesRefused(RigError):
    """Frames are no measurement.

    Parameters
    ----------
    guard
        Its name, as it is stored.
    place
        Which field of view.
    where
        Camera and field, in words.
    finding
        What is wrong.
    """

    def __init__(self, guard: str, place: int, where: str, finding: Finding) -> None:
        self.guard = guard
        self.place = place
        self.finding = finding
        super().__init__(f"frames: {guard}: {where}: {finding.words}")

    def to_json(self, trial: int) -> dict[str, Any]:
        """Give the detail of the event that records it."""
        named = {"trial": trial, "guard": self.guard, "field": self.place}
        return {**self.finding.figures, **named, "words": str(self)}


class FrameGuard(ABC):
    """One kind of frames that are no measurement. Stateless: what was seen before is in `Past`.

    Attributes
    ----------
    name
        Under which it is stored, counted and switched off.
    order
        Guards are asked from low to high; later ones may rely on what earlier ones refuse.
    needs_noise
        Whether it is asked only where the camera's noise is known.
    flag
        What an estimate is flagged with where `doubts` finds something; empty where it never does.
    """

    name: ClassVar[str]
    order: ClassVar[int]
    needs_noise: ClassVar[bool] = False
    flag: ClassVar[str] = ""

    @abstractmethod
    def look(self, taken: Taken, past: Past) -> Finding | None:
        """Say what is wrong with the frames of one capture; None if nothing is."""

    def last_look(self, taken: Taken, past: Past) -> Finding | None:
        """Doubt frames that no guard's `look` has refused: worth a frame only then."""
        return None

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """Decide a finding that was not certain, by one frame taken right after it.

        Returns
        -------
        Finding or None
            None where the frames are what the rig gives at these settings. By default what was
            found stands.
        """
        return finding

    def over(self, trial: TrialSeen, past: Past) -> Finding | None:
        """Say what is wrong with a trial as a whole, all of whose captures passed."""
        return None

    def doubts(self, trial: TrialSeen, past: Past) -> bool:
        """Whether a trial that is not refused must not win, as far as is known yet."""
        return False
