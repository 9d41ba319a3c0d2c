"""A park and the events around it: written ahead, and afterwards the steps that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hil.errors import NotParked, StoreError
from hil.rig.parking import ParkProblem
from hil.rig.rig import Rig

# Writes an event: its kind, and what it says.
Record = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Parked:
    """How a park went.

    Parameters
    ----------
    problems
        The steps that failed; the others were taken.
    lost
        Why it does not stand in the database; None if it does, or if there is none.
    """

    problems: Sequence[ParkProblem]
    lost: StoreError | None = None

    def raise_problems(self, after: BaseException | None = None) -> None:
        """Raise if a step failed.

        Parameters
        ----------
        after
            The error that the rig was parked for: light that stays on is the worse news.

        Raises
        ------
        NotParked
            Naming each setting, and what it reads.
        """
        if self.problems:
            raise NotParked({p.setting: p.message for p in self.problems}, after) from after


def park_recorded(
    rig: Rig,
    record: Record,
    detail: Mapping[str, Any],
    *,
    kind: str = "park",
    after: BaseException | None = None,
    watch: Callable[[], None] | None = None,
) -> Parked:
    """Write down that a rig is about to be parked, park it, and write down which steps failed.

    A database that is away does not keep the light on.

    Parameters
    ----------
    rig
        The rig; held.
    record
        Writes an event.
    detail
        What the first event says.
    kind
        Of the first event.
    after
        The error that it is parked for; after one of the database the lamp comes before the record.
    watch
        Called every 0.1 s while the devices are on their way.
    """
    lost = after if isinstance(after, StoreError) else None
    if lost is None:
        lost = _lost(lambda: record(kind, detail))
    problems = rig.park(watch)
    for hang in rig.hangs:
        said = {"device": hang.device, "call": hang.action, "waited_s": hang.waited_s}
        lost = _lost(partial(record, "device_hangs", said)) or lost
    if problems:
        said = {problem.setting: problem.message for problem in problems}
        lost = _lost(lambda: record("park_failed", said)) or lost
    return Parked(problems, lost)


def _lost(write: Callable[[], None]) -> StoreError | None:
    try:
        write()
    except StoreError as error:
        return error
    return None
