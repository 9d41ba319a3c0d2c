"""What a session knows from before, written down and read."""

from __future__ import annotations

import json
import math

from hil.records.knowledge import EarlierSession, EarlierTrial, FirstTrial, Knowledge


def test_it_is_read_as_it_was_written() -> None:
    trial = EarlierTrial({"focus.z_um": 0.5, "wheel.filter": "GFP"}, (1.5, 2.0), 0.01, (0, 3))
    session = EarlierSession("a" * 32, 0.15, "10.0 days old", (trial,))
    known = Knowledge((session,), (FirstTrial("Preset.Channel=GFP", {"focus.z_um": 1.0}),))
    assert Knowledge.from_json(json.loads(json.dumps(known.to_json()))) == known


def test_an_unknown_interval_and_sessions_of_before() -> None:
    trial = EarlierTrial({}, (1.0,), math.nan, ())
    known = Knowledge((EarlierSession("a", 0.1, "", (trial,)),))
    (one,) = Knowledge.from_json(json.loads(json.dumps(known.to_json()))).earlier
    assert math.isnan(one.trials[0].sd)
    assert Knowledge.from_json({}) == Knowledge()
