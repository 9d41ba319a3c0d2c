"""One row for each text that a rig file ever had."""

from __future__ import annotations

from typing import Any

from hil.store import Database
from hil.store.rig_rows import rig_row


def test_a_text_has_one_row_under_each_name(db: Database, clock: Any) -> None:
    with db._writing() as connection:
        first = rig_row(connection, "scope", "a = 1", clock.now())
        assert rig_row(connection, "scope", "a = 1", clock.now()) == first
        others = {
            rig_row(connection, "scope", "a = 2", clock.now()),
            rig_row(connection, "table", "a = 1", clock.now()),
        }
    assert len(others | {first}) == 3


def test_bytes_that_are_no_text_do_no_harm(db: Database, clock: Any) -> None:
    with db._writing() as connection:
        assert rig_row(connection, "scope", "\ud800", clock.now())
