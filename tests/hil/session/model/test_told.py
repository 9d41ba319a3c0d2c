from __future__ import annotations

from typing import Any

from hil.records.trial import MODEL, TrialRow, TrialState
from hil.session.model.told import sampler_told

LAYOUT = {"known": {"model": {"path": "C:\\rigs\\twin.toml", "text": "", "itself": False}}}


def row(number: int, **said: Any) -> TrialRow:
    attrs = {MODEL: said} if said else {}
    return TrialRow(number, TrialState.COMPLETE, "search", {}, {}, attrs, (1.0,), {}, {})


def test_other_samplers_have_nothing_to_tell() -> None:
    assert sampler_told({}, [row(0)]) == ""
    assert sampler_told({"known": {"model": None}}, [row(0)]) == ""


def test_it_says_what_was_proposed_and_why_it_ended() -> None:
    rows = [row(0), row(1, step="diversity"), row(2, step="correction")]
    told = "model twin.toml: 2 trials, 1 of them corrections"
    assert sampler_told(LAYOUT, rows) == told
    rows += [row(3, step="auto", why="residuals are 1.3 times the noise"), row(4)]
    assert sampler_told(LAYOUT, rows) == (
        f"{told}; auto since trial 3: residuals are 1.3 times the noise"
    )
