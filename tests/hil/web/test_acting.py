"""Wishes from the page go the way of those from the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from hil.errors import InputError
from hil.store import Database
from hil.web.acting import wish_of


@pytest.mark.parametrize(
    "form",
    [{}, {"wish": "park"}, {"wish": "approve", "trial": "-1"}, {"wish": "approve", "trial": "1e3"},
     {"wish": "refuse", "trial": "9" * 12}],
)  # fmt: skip
def test_forms_that_say_nothing(form: dict[str, str]) -> None:
    with pytest.raises(InputError, match="allowed"):
        wish_of(form)


def test_a_wish_is_an_event_of_the_session(
    database: Database, acting: Callable[..., TestClient], measured: Callable[..., str]
) -> None:
    key = measured(n=1)
    browser = acting(accept="text/plain")
    for wish in ("pause", "continue", "stop"):
        answer = browser.post(f"/session/{key}/ask", data={"wish": wish})
        assert (answer.status_code, answer.text) == (200, f"Asked to {wish}.")
    events = database.events(key)
    assert list(events["kind"]) == [f"{wish}_requested" for wish in ("pause", "continue", "stop")]
    assert {detail["why"] for detail in events["detail"]} == {"hil watch"}
    assert database.session(key).stop_requested == "hil watch"


def test_a_trial_that_does_not_wait_is_not_approved(
    database: Database, acting: Callable[..., TestClient], measured: Callable[..., str]
) -> None:
    key = measured(n=1)
    form = {"wish": "approve", "trial": "0"}
    answer = acting(accept="text/plain").post(f"/session/{key}/ask", data=form)
    assert answer.status_code == 409
    assert "none waits for approval" in answer.text
    assert not len(database.events(key))


def test_a_form_without_a_script_leads_back(
    acting: Callable[..., TestClient], measured: Callable[..., str]
) -> None:
    key = measured(n=1)
    answer = acting(accept="text/html").post(f"/session/{key}/ask", data={"wish": "pause"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/session/{key}")
    answer = acting().post(f"/session/{key}/ask", data={"wish": "x" * 5000})
    assert answer.status_code == 409
    assert "longer than" in answer.text
