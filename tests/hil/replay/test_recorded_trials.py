from __future__ import annotations

from hil.replay.recorded_trials import REPLAY_OF, proposals_of
from tests.hil.proposer.surrogate.known_bowl import row


def test_proposals_point_back_and_retries_to_the_new_numbers() -> None:
    rows = [row(3, {"a.b": 1.0}, 1.0), row(7, {"a.b": 1.0}, 1.0, kind="again", retry_of=3)]
    found = proposals_of([*rows, row(9, {"a.b": 2.0}, 1.0, retry_of=5)])
    assert [one.sampler_attrs[REPLAY_OF] for one in found] == [3, 7, 9]
    assert [one.retry_of for one in found] == [None, 0, None]
    assert found[1].kind == "again"
