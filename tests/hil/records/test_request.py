"""Wishes of other processes."""

from __future__ import annotations

import json

import pytest

from hil.records.request import Request, Wish, ask


def test_a_request_survives_json_and_sorts_by_time() -> None:
    made = [ask(wish, "why", 3 if wish is Wish.APPROVE else None) for wish in Wish]
    assert [Request.from_json(json.loads(json.dumps(one.to_json()))) for one in made] == made
    assert sorted(one.id for one in made) == [one.id for one in made]
    assert all("@" in one.by for one in made)


@pytest.mark.parametrize(
    "said", [None, [], {}, {"id": "1", "wish": "dance", "why": "", "by": ""}, {"id": "1"}]
)
def test_anything_else_is_refused(said: object) -> None:
    with pytest.raises(ValueError):
        Request.from_json(said)  # type: ignore[arg-type]
