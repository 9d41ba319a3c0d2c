"""Conditions: read as they were meant, for any names and values."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import InputError
from hil.store.asking.where import OPERATORS, Condition, as_number, parse

KNOWN = ("state", "Z.position", "Z.position_um", "XY.Stage 1.x", "a = b.c", "reason", "tags")


class Case(NamedTuple):
    text: str
    left: str
    operator: str
    right: str


CASES = (
    Case("Z.position_um > 10", "Z.position_um", ">", "10"),
    Case("Z.position>10", "Z.position", ">", "10"),
    Case("  state=COMPLETE ", "state", "=", "COMPLETE"),
    Case("XY.Stage 1.x <= -3.5e2", "XY.Stage 1.x", "<=", "-3.5e2"),
    Case("a = b.c = d = e", "a = b.c", "=", "d = e"),
    Case('"Z.position_um" != 0', "Z.position_um", "!=", "0"),
    Case("reason ~ 'did not settle '", "reason", "~", "did not settle "),
    Case("reason = ''", "reason", "=", ""),
    Case("state != COMPLETE", "state", "!=", "COMPLETE"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_parse(case: Case) -> None:
    condition = parse(case.text, KNOWN)
    assert (condition.left, condition.operator, condition.right) == case[1:]


class Wrong(NamedTuple):
    text: str
    problem: str


WRONG = (
    Wrong("Z.position_nm > 1", "did you mean 'Z.position_um'?"),
    Wrong("sate = COMPLETE", "did you mean 'state'?"),
    Wrong("state", "no operator"),
    Wrong("state =", "nothing to the right of ="),
    Wrong("", "no operator"),
    Wrong("states = x", "unknown name 'states'"),
)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.text)
def test_parse_refuses(case: Wrong) -> None:
    with pytest.raises(InputError) as caught:
        parse(case.text, KNOWN)
    assert case.problem in str(caught.value)
    assert caught.value.exit_status == 2


names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12
).filter(lambda name: not any(character in name for character in "=!<>~\"'"))
values = st.text(max_size=20).map(str.strip).filter(lambda text: "'" not in text)


@given(
    known=st.sets(names, min_size=1, max_size=6),
    operator=st.sampled_from(OPERATORS),
    value=values,
    data=st.data(),
)
def test_what_was_written_is_read(
    known: set[str], operator: str, value: str, data: st.DataObject
) -> None:
    left = data.draw(st.sampled_from(sorted(known)))
    condition = parse(f"{left} {operator} '{value}'", known)
    assert (condition.left, condition.operator, condition.right) == (left, operator, value)


@given(st.text())
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    try:
        condition = parse(text, KNOWN)
    except InputError:
        return
    assert condition.left in KNOWN
    assert condition.operator in OPERATORS


@given(st.text(alphabet="0123456789-:T+Z ", max_size=30))
def test_any_time_is_utc_or_refused(text: str) -> None:
    try:
        time = Condition("created_at", ">", text, text).time()
    except InputError:
        return
    offset = time.utcoffset()
    assert offset is not None
    assert not offset


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "ten", ""])
def test_only_finite_numbers_are_numbers(text: str) -> None:
    assert as_number(text) is None
