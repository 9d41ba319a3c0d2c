"""What is told of a session in one number: the same in its report, its live page and in lists."""

from __future__ import annotations

from collections.abc import Sequence

from hil.ranking.leaders import finals_are_on, winner
from hil.records.trial import Best, TrialRow
from hil.records.winner import Winner

_CONFIDENCE = 0.95


def shown(rows: Sequence[TrialRow], confidence: float = _CONFIDENCE) -> Best | Winner | None:
    """Give the winner by fresh frames; where there are none, the best trial; None without any.

    Parameters
    ----------
    rows
        All trials of a session, corrected for drift where there is one.
    confidence
        Of what is called decided; value and interval do not depend on it.
    """
    if finals_are_on(rows):
        from hil.ranking.finals import winner_of  # numpy, which a list does without

        if (named := winner_of(rows, confidence)) is not None:
            return named
    return winner(rows)
