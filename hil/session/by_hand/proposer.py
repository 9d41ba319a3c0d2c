"""A person's own proposals among the sampler's, which learns from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.types import Value
from hil.errors import InputError, nearest
from hil.records.trial import Proposal, TrialRow
from hil.session.by_hand.turns import Refused, Turns
from hil.session.control.enqueue import Enqueued, checked

BY_HAND = "hil:by_hand"  # sampler attribute of a trial whose settings a person gave


class ByHand:
    """Implements `hil.session.ports.Proposer`: what is given now, else what the session proposes.

    Parameters
    ----------
    inner
        The session's own proposer.
    searched
        Distribution of each searched setting, as rows keep them.
    turns
        Says what is given.
    """

    def __init__(self, inner: Enqueued, searched: Mapping[str, str], turns: Turns) -> None:
        self._inner = inner
        self._searched = searched
        self._turns = turns

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        """Propose trial ``number``; see `hil.session.ports.Proposer`."""
        given = self._turns.given
        if given is None:
            return self._inner.propose(rows, study_attrs, number)
        try:
            wanted = _checked(given, self._searched)
        except InputError as error:
            raise Refused(error) from None
        return self._inner.beside_the_best(rows, wanted, number, {BY_HAND: sorted(wanted)})


def _checked(given: Mapping[str, Value], searched: Mapping[str, str]) -> dict[str, Value]:
    for name in given:
        if name not in searched:
            raise InputError("settings", str(name), f"not searched, {nearest(str(name), searched)}")
    try:
        return checked([f"{name}={value}" for name, value in given.items()], searched)
    except InputError as error:
        raise InputError("settings", error.key, error.problem) from None
