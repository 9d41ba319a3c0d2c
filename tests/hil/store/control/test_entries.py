"""What is told the database, written down and read again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hil.records.trial import OpenTrial, TrialState
from hil.store.columns import dump_json
from hil.store.control.entries import EventEntry, TrialEntry, from_json
from hil.store.frames.writer import Sealed

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
TRIAL = OpenTrial("a" * 32, 7, "search", {"Z.position_um": 1.5, "Emission.Label": "FITC"})
SEALED = Sealed("s/000007", (1, 2, 4, 4), "uint16", 2, (0,), ("c" * 64,), 10.0, 4095)
EVENT = EventEntry("b" * 32, "c" * 32, None, "dose", AT, {"dose_mj": 1.0})
CAPTURED = TrialEntry(
    TRIAL,
    TrialState.CAPTURED,
    {"captured_at": AT, "applied_at": None, "device_s": 0.5},
    SEALED,
    {"Z.position_um": 1.5},
)


def again(entry: Any) -> Any:
    return from_json(json.loads(dump_json(entry.to_json())))


def test_events_and_trials_come_back_as_they_were() -> None:
    assert again(EVENT) == EVENT
    assert again(CAPTURED) == CAPTURED


def test_an_estimate_comes_back(make_assessment: Any) -> None:
    entry = TrialEntry(
        TRIAL, TrialState.COMPLETE, {"finished_at": AT}, estimate=(make_assessment(1.5), AT)
    )
    assessment, at = again(entry).estimate
    assert (assessment.estimate, at) == (make_assessment(1.5).estimate, AT)


@pytest.mark.parametrize(
    "change",
    [
        {"entry": None},
        {"state": "ASLEEP"},
        {"values": {"password": 1}},
        {"values": {"captured_at": "yesterday"}},
        {"trial": {"trial_id": 1}},
        {"sealed": {"path": "x"}},
        {"estimate": {"at": "now"}},
    ],
    ids=str,
)
def test_anything_else_is_refused(change: dict[str, Any]) -> None:
    said = json.loads(dump_json(CAPTURED.to_json()))
    if change == {"entry": None}:
        del said["entry"]
        change = {}
    with pytest.raises(ValueError):
        from_json({**said, **change})
