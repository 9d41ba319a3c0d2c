"""Sessions and trials by what people call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hil.errors import InputError
from hil.store import Database, NewSession


def test_a_session_is_named_by_a_unique_beginning(
    db: Database, new_session: Callable[..., NewSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="there is no session yet"):
        db.session_id("last")
    made = ["ab" + "0" * 30, "ab" + "1" * 30]
    # Keys come from chance; here the test says which.
    keys = iter(made)
    monkeypatch.setattr("hil.store.entering.random_id", lambda: next(keys))
    assert [db.create_session(new_session()) for _ in made] == made
    assert db.session_id("ab0") == made[0]
    assert db.session_id(" AB1 ") == made[1]
    for ref, problem in (("ab", "ambiguous"), ("ef", "no session whose id"), ("x%", "not a sess")):
        with pytest.raises(InputError, match=problem):
            db.session_id(ref)


@pytest.mark.parametrize("number", [-1, 1, 2**31, 10**30])
def test_a_number_that_no_trial_has_is_no_trial_however_large(
    db: Database, run: Any, session_id: str, number: int
) -> None:
    run.complete()
    for ask in (db.frames, lambda *trial: db.tag(trial[0], "keep", number=trial[1])):
        with pytest.raises(InputError, match=f"{number}: session .* has no such trial"):
            ask(session_id, number)
