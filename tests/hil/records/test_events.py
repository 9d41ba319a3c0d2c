"""Every kind of event that the program writes has a severity."""

from __future__ import annotations

import ast
from pathlib import Path

import hil
from hil.records.events import (
    EVENT_SEVERITY,
    TRIAL_SEVERITY,
    EventSeverity,
    detail_words,
    severity_of,
)
from hil.records.request import Wish
from hil.records.trial import ENDED, TrialState

# Method that writes an event, and the place of the kind among its arguments.
_WRITES = {"event": (0, 1), "_event_of": (1,), "in_use": (0,), "_announce": (0,), "_on_event": (0,)}


def written() -> set[str]:
    """Find the kinds that stand as words in the source."""
    found = set()
    for path in Path(hil.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            for place in _WRITES.get(node.func.attr, ()):
                argument = node.args[place] if len(node.args) > place else None
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.add(argument.value)
    return found


def test_all_kinds_that_are_written_are_known() -> None:
    kinds = written()
    assert {"setup", "dose", "move", "paused", "measure", "guardian_lost"} <= kinds
    assert kinds - set(EVENT_SEVERITY) == set()
    assert {wish.value for wish in Wish} <= set(EVENT_SEVERITY)


def test_light_that_may_be_on_is_the_worst_and_the_unknown_is_seen() -> None:
    assert severity_of("park_failed") is EventSeverity.CRITICAL
    assert severity_of("park") is EventSeverity.INFO
    assert severity_of("somebody's own").rank == 1
    assert [one.rank for one in EventSeverity] == [0, 1, 2, 3]
    assert set(TRIAL_SEVERITY) == ENDED - {TrialState.COMPLETE}


def test_details_are_told_as_people_read_them() -> None:
    detail = {
        "objective": 0.48616248528893297,
        "as_good": [41, 46],
        "settings": {"light.power_mw": 1.0, "filter.state": "DAPI"},
        "decided": False,
        "why": "",
        "by": None,
    }
    told = "objective: 0.48616, as_good: 41 46, settings: light.power_mw 1; filter.state DAPI"
    assert detail_words(detail) == f"{told}, decided: False"
    assert detail_words({"number": 44}, "=") == "number=44"
