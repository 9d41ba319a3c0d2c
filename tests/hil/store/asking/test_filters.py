"""Conditions become SQL with bound values: words are never read as SQL or as patterns."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import sqlite

from hil.errors import InputError
from hil.store import Database
from hil.store.asking.filters import column_filter, setting_filter
from hil.store.asking.where import Condition
from hil.store.models import TrialTable


def compiled(expression: object) -> tuple[str, dict[str, object]]:
    found = expression.compile(dialect=sqlite.dialect())  # type: ignore[attr-defined]
    return str(found), dict(found.params)


def test_values_are_bound_and_never_part_of_the_statement() -> None:
    nasty = "x' OR 1=1 --"
    statement, values = compiled(
        column_filter(
            Condition("reason", "=", nasty, f"reason = {nasty}"),
            TrialTable.reason,
            "text",
            "sqlite",
        )
    )
    assert "OR 1=1" not in statement
    assert nasty in values.values()


def test_a_percent_sign_is_a_percent_sign() -> None:
    _, values = compiled(
        column_filter(
            Condition("note", "~", "50%", "note ~ 50%"), TrialTable.note, "text", "sqlite"
        )
    )
    assert any("/%" in str(value) for value in values.values())


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (Condition("objective", "~", "1", "objective ~ 1"), "number"),
        (Condition("tags", ">", "a", "tags > a"), "tags"),
        (Condition("finished_at", "~", "2026", "finished_at ~ 2026"), "time"),
    ],
)
def test_operators_that_do_not_suit_a_column_are_refused(condition: Condition, kind: str) -> None:
    with pytest.raises(InputError, match="takes no"):
        column_filter(condition, TrialTable.objective, kind, "sqlite")  # type: ignore[arg-type]


def test_a_setting_is_compared_with_words_or_with_numbers(db: Database) -> None:
    def asked(condition: Condition) -> object:
        with db._engine.connect() as connection:
            return setting_filter(connection, condition, by_trial=True)

    number, _ = compiled(asked(Condition("Z.position_um", ">", "3", "Z.position_um > 3")))
    assert "value_num >" in number
    word, _ = compiled(asked(Condition("Wheel.Label", "=", "FITC", "Wheel.Label = FITC")))
    assert "value_num" not in word
    either, _ = compiled(asked(Condition("Wheel.Label", "=", "2", "Wheel.Label = 2")))
    assert "value_num =" in either and "value_text =" in either
