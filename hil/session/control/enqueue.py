"""Trials that a person asks for while a session runs: ``hil enqueue``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from drivers.types import Value
from hil.errors import InputError
from hil.records.request import Request
from hil.records.trial import Proposal, TrialRow, TrialState
from hil.session.control.wishes import Wishes
from hil.session.ports import Proposer

# Where a trial keeps who asked for it.
ENQUEUED = "hil:enqueued"
_OPTION = "SETTING=VALUE"


class Givable(Proposer, Protocol):
    """A proposer that takes settings from elsewhere, and learns from them."""

    def given(
        self, settings: Mapping[str, Value], number: int, attrs: Mapping[str, Any]
    ) -> Proposal:
        """Make a proposal of settings that it did not choose."""
        ...

    def searched(self) -> Mapping[str, str]:
        """Give the distribution of each searched setting, as rows keep them."""
        ...


class Enqueued:
    """Implements `hil.session.ports.Proposer`: what was enqueued comes first.

    Rows say what has been taken, so that it is taken once, whoever asks, and a session that goes on
    takes what an earlier process was asked for.

    Parameters
    ----------
    inner
        Asked where nothing is waiting.
    wishes
        Hears what is enqueued.
    start
        Values of settings that a request does not name, while there is no best trial.
    """

    def __init__(self, inner: Givable, wishes: Wishes, start: Mapping[str, Value]) -> None:
        self._inner = inner
        self._wishes = wishes
        self._start = start

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        """Propose trial ``number``; see `hil.session.ports.Proposer`."""
        request = next(iter(waiting(self._wishes.enqueued, rows)), None)
        if request is None:
            return self._inner.propose(rows, study_attrs, number)
        said = {"request": request.id, "by": request.by, "why": request.why}
        return self.beside_the_best(rows, request.settings, number, {ENQUEUED: said})

    def beside_the_best(
        self,
        rows: Sequence[TrialRow],
        settings: Mapping[str, Value],
        number: int,
        attrs: Mapping[str, Any],
    ) -> Proposal:
        """Propose settings that somebody gave, and of the best trial what they do not name."""
        others = self._others(rows)
        wanted = {name: settings.get(name, value) for name, value in others.items()}
        return self._inner.given(wanted, number, attrs)

    def _others(self, rows: Sequence[TrialRow]) -> dict[str, Value]:
        """Give the settings of the best trial so far, by its first objective."""
        searched = self._inner.searched()
        done = [
            row
            for row in rows
            if row.state is TrialState.COMPLETE
            and row.objectives
            and all(value <= 0 for value in row.constraints.values())
        ]
        best = max(done, key=lambda row: (row.objectives or (0.0,))[0], default=None)
        found = {} if best is None else best.requested
        return {name: found.get(name, self._start[name]) for name in searched}


def waiting(requests: Sequence[Request], rows: Sequence[TrialRow]) -> list[Request]:
    """List the requests that no trial has taken; one that was interrupted has not."""
    if not requests:
        return []
    taken = {
        row.sampler_attrs[ENQUEUED]["request"]
        for row in rows
        if ENQUEUED in row.sampler_attrs and not row.state.interrupted
    }
    return [request for request in requests if request.id not in taken]


def searched_by(rows: Sequence[TrialRow]) -> Mapping[str, str]:
    """Give the distributions of a session's newest trial that has any."""
    return next((row.distributions for row in reversed(rows) if row.distributions), {})


def checked(words: Sequence[str], searched: Mapping[str, str]) -> dict[str, Value]:
    """Read ``setting=value`` words, and check them against what is searched.

    Parameters
    ----------
    words
        As a person wrote them.
    searched
        Distribution of each searched setting, as rows keep them.

    Raises
    ------
    InputError
        In one line: which word, and what is allowed.
    """
    if not searched:
        raise InputError(_OPTION, "", "the session does not search, or has no trial yet")
    found: dict[str, Value] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals:
            raise InputError(_OPTION, word, "allowed: setting=value")
        if name not in searched:
            raise InputError(_OPTION, name, f"not searched, allowed: {', '.join(sorted(searched))}")
        if name in found:
            raise InputError(_OPTION, name, "named twice")
        found[name] = _value(name, text.strip(), json.loads(searched[name]))
    if not found:
        raise InputError(_OPTION, "", "allowed: one setting=value or more")
    return found


def _value(name: str, text: str, distribution: Mapping[str, Any]) -> Value:
    said = distribution["attributes"]
    if "choices" in said:
        for choice in said["choices"]:
            if str(choice) == text:
                known: Value = choice
                return known
        shown = ", ".join(map(str, said["choices"]))
        raise InputError(_OPTION, name, f"{text!r}, allowed: {shown}")
    low, high, step = said["low"], said["high"], said.get("step")
    integer = distribution["name"] == "IntDistribution"
    read: Callable[[str], int | float] = int if integer else float
    kind = "an integer" if integer else "a number"
    try:
        value = read(text)
    except ValueError:
        raise InputError(
            _OPTION, name, f"{text!r}, allowed: {kind} from {low:g} to {high:g}"
        ) from None
    if not low <= value <= high:
        raise InputError(_OPTION, name, f"{text}, allowed: from {low:g} to {high:g}")
    if step is not None and abs((value - low) / step - round((value - low) / step)) > 1e-6:
        raise InputError(_OPTION, name, f"{text}, allowed: {low:g} and every {step:g} from there")
    return value
