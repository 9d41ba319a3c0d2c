"""Tokens: what each allows, and which are refused before a port is opened."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from hil.errors import InputError
from hil.web.tokens import Allowed, Tokens, tokens_for

ACT, LOOK = "a" * 16, "l" * 16


class Case(NamedTuple):
    given: str | None
    open_to_look: bool
    allowed: Allowed


@pytest.mark.parametrize(
    "case",
    [
        Case(None, True, Allowed.LOOK),
        Case(None, False, Allowed.NOTHING),
        Case(LOOK, False, Allowed.LOOK),
        Case(ACT, False, Allowed.ACT),
        Case(ACT[:-1], True, Allowed.LOOK),
        Case("é" * 16, False, Allowed.NOTHING),
        Case("", False, Allowed.NOTHING),
    ],
)
def test_what_a_token_allows(case: Case) -> None:
    assert Tokens(ACT, LOOK, case.open_to_look).allowed(case.given) is case.allowed


class Bad(NamedTuple):
    act: str | None
    look: str | None
    loopback: bool
    says: str


@pytest.mark.parametrize(
    "bad",
    [
        Bad("short", None, True, "--token"),
        Bad(None, "l" * 15, True, "--look-token"),
        Bad("é" * 16, None, True, "--token"),
        Bad(ACT, ACT, True, "could act"),
        Bad(None, None, False, "with a token only"),
    ],
)
def test_bad_tokens_are_refused(bad: Bad) -> None:
    with pytest.raises(InputError, match=bad.says):
        tokens_for(bad.act, bad.look, loopback=bad.loopback)


def test_a_token_is_made_where_nobody_gave_one() -> None:
    one, other = tokens_for(None, None, loopback=True), tokens_for(None, LOOK, loopback=False)
    assert one.act != other.act and len(one.act) >= 24
    assert one.open_to_look and not other.open_to_look
