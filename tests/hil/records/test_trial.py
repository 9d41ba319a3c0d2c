"""States of a trial: five are ends, and two of these are made up for."""

from __future__ import annotations

from hil.records.trial import ENDED, TrialState


def test_the_last_five_are_ends() -> None:
    states = list(TrialState)
    assert [state.ended for state in states] == [False] * 4 + [True] * 5
    assert set(states[4:]) == ENDED


def test_what_was_interrupted_has_ended() -> None:
    interrupted = {state for state in TrialState if state.interrupted}
    assert interrupted == {TrialState.STALE, TrialState.ABORTED}
    assert interrupted <= ENDED
