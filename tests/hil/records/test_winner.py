"""What a session names at its end."""

from __future__ import annotations

import json

from hil.records.winner import Winner


def test_it_is_written_as_plain_json() -> None:
    winner = Winner(7, 1.0, 0.9, 1.1, 0.97, 2, 4, (3, 5), decided=True)
    said = json.loads(json.dumps(winner.to_json()))
    assert (said["number"], said["as_good"], said["decided"]) == (7, [3, 5], True)
