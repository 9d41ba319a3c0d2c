"""Proposals made while the trial before is still in work, as a function of the rows alone.

Trial n is proposed as if trial n - 1 had not ended yet, whether it has or not: then neither the
speed of an estimate nor a process that went on from an earlier one changes what is proposed. So a
proposal may be thought of beforehand, for the rows as they are going to be, and holds if they came
out like that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from drivers.types import Value
from hil.records.trial import Proposal, SearchExhausted, TrialRow, TrialState
from hil.session.control.enqueue import Givable

# Marks, in the sampler's attributes, trials that were proposed like this: from the first one on all
# are, whoever goes on with the session.
AHEAD = "hil:ahead"


@dataclass(frozen=True, slots=True)
class _Thought:
    """A proposal that was made for rows to come."""

    rows: Sequence[TrialRow]
    attrs: Mapping[str, Any]
    proposal: Proposal


class Ahead:
    """Implements `hil.session.ports.Proposer`, one trial ahead of what is known.

    Parameters
    ----------
    inner
        Asked what to propose.
    on
        Whether to be ahead from the first trial on.

    Attributes
    ----------
    on
        Whether trials are proposed ahead; once True it stays.
    """

    def __init__(self, inner: Givable, *, on: bool = False) -> None:
        self._inner = inner
        self._thought: _Thought | None = None
        self.on = on

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        """Propose trial ``number``; see `hil.session.ports.Proposer`."""
        self.on = self.on or any(AHEAD in row.sampler_attrs for row in rows)
        if not self.on:
            return self._inner.propose(rows, study_attrs, number)
        thought, self._thought = self._thought, None
        if thought is not None and _same(thought, in_work(rows), study_attrs):
            return thought.proposal
        return self._now(rows, study_attrs, number)

    def think(self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int) -> None:
        """Make the next proposal for rows as they are expected to be by then.

        Nothing comes of it where there is nothing to propose: that is said when it is asked.
        """
        hidden = in_work(rows)
        self._thought = None
        try:
            proposal = self._inner.propose(hidden, study_attrs, number)
        except SearchExhausted:
            return
        self._thought = _Thought(hidden, study_attrs, _marked(proposal))

    def given(
        self, settings: Mapping[str, Value], number: int, attrs: Mapping[str, Any]
    ) -> Proposal:
        """Make a proposal of settings that no sampler chose."""
        own = self._inner.given(settings, number, attrs)
        return _marked(own) if self.on else own

    def searched(self) -> Mapping[str, str]:
        """Give the distribution of each searched setting, as rows keep them."""
        return self._inner.searched()

    def _now(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        hidden = in_work(rows)
        try:
            return _marked(self._inner.propose(hidden, study_attrs, number))
        except SearchExhausted:
            if hidden == tuple(rows) or not rows[-1].state.ended:
                raise
        # nothing to propose without the last trial: perhaps with it
        return _marked(self._inner.propose(rows, study_attrs, number))


def in_work(rows: Sequence[TrialRow]) -> tuple[TrialRow, ...]:
    """Give the rows as if the last one had just been proposed, unless it was interrupted."""
    if not rows or rows[-1].state.interrupted:
        return tuple(rows)
    last = replace(
        rows[-1],
        state=TrialState.PROPOSED,
        objectives=None,
        constraints={},
        intermediate={},
        measured=None,
    )
    return (*rows[:-1], last)


def _marked(proposal: Proposal) -> Proposal:
    return replace(proposal, sampler_attrs={**proposal.sampler_attrs, AHEAD: True})


def _same(thought: _Thought, rows: Sequence[TrialRow], attrs: Mapping[str, Any]) -> bool:
    """Whether rows came out as they were expected; those that had ended are not compared again."""
    if len(thought.rows) != len(rows) or _text(thought.attrs) != _text(attrs):
        return False
    pairs = zip(thought.rows, rows, strict=True)
    return all(was is now or _text(asdict(was)) == _text(asdict(now)) for was, now in pairs)


def _text(value: Any) -> str:
    """Write something as the database keeps it; NaN is like NaN there."""
    return json.dumps(value, sort_keys=True, default=str)
