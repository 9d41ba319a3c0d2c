"""Recorded trials as proposals, each of which points back to the one that it repeats."""

from __future__ import annotations

from collections.abc import Sequence

from hil.records.trial import Proposal, TrialRow

REPLAY_OF = "hil:replay_of"  # sampler attribute of a trial: the number of the original
WHAT = "recorded trials"


def proposals_of(rows: Sequence[TrialRow]) -> list[Proposal]:
    """Give trials of a session as proposals of another, in their order.

    What a trial was measured again for is told by the new numbers.
    """
    new = {row.number: index for index, row in enumerate(rows)}
    return [
        Proposal(
            row.kind,
            row.requested,
            row.distributions,
            {**row.attrs_as_taken, REPLAY_OF: row.number},
            retry_of=new.get(row.retry_of) if row.retry_of is not None else None,
        )
        for row in rows
    ]
