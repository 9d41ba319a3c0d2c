"""Trials that are given one by one, and not searched: a replay, a list of settings, a sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.types import Value
from hil.records.estimate import Estimate
from hil.records.trial import OpenTrial, Proposal, SearchExhausted, TrialRow
from hil.session.ports import Assessor, Proposer


def nothing_more(trial: OpenTrial) -> Mapping[str, Value]:
    """Move nothing beside what the trial asks for."""
    return {}


def as_found(assessor: Assessor) -> Assessor:
    """Judge trials by what was measured."""
    return assessor


@dataclass(frozen=True, slots=True)
class Planned:
    """Where a session's trials come from, and what else is particular to them.

    Parameters
    ----------
    proposer
        Gives them.
    also
        Settings of a trial that go to the devices and are not among what it asks for.
    assessor
        Puts something around the session's assessor.
    estimate
        Instead of `hil.information.estimate_information`, with the same arguments and results.
    """

    proposer: Proposer
    also: Callable[[OpenTrial], Mapping[str, Value]] = nothing_more
    assessor: Callable[[Assessor], Assessor] = as_found
    estimate: Callable[..., Estimate] | None = None


class ListedProposer:
    """Implements `hil.session.ports.Proposer` with a list.

    Parameters
    ----------
    proposals
        In their order. A trial that was interrupted is not made up for.
    what
        They are called that when the list has ended.
    """

    def __init__(self, proposals: Sequence[Proposal], what: str) -> None:
        self._proposals = proposals
        self._what = what

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        """Give proposal ``number``; see `hil.session.ports.Proposer`.

        Raises
        ------
        SearchExhausted
            The list has ended.
        """
        if number >= len(self._proposals):
            raise SearchExhausted(f"all {len(self._proposals)} {self._what} have been measured")
        return self._proposals[number]
