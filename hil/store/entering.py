"""What people and programs enter: sessions, events outside of one, tags and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from hil.errors import InputError
from hil.records.session import SessionState
from hil.store.access import Access
from hil.store.asking.refs import session_id, target
from hil.store.models import EventTable, SessionTable, ordered_id, random_id
from hil.store.records import NewSession
from hil.store.rig_rows import rig_row


class Entering(Access):
    """Records that do not come from a session's controller."""

    def create_session(self, new: NewSession, key: str | None = None) -> str:
        """Insert a session in state RUNNING, and its rig file where it is not known; its id.

        Parameters
        ----------
        key
            Its id, by `hil.store.models.random_id`, for who must know it however the call ends;
            None for a new one.
        """
        key = key or random_id()
        with self._writing(section="rig") as connection:
            connection.execute(
                insert(SessionTable).values(
                    id=key,
                    name=new.name,
                    rig_id=rig_row(connection, new.rig, new.rig_text, new.at),
                    calibration_id=new.calibration_id,
                    state=SessionState.RUNNING.value,
                    reason="",
                    session_text=new.session_text,
                    versions=dict(new.versions),
                    seed=new.seed,
                    n_trials=new.n_trials,
                    objectives=list(new.objectives),
                    estimator=new.estimator,
                    study_attrs={},
                    extra=dict(new.extra),
                    tags=merged_tags([], new.tags),
                    note=new.note,
                    stop_requested="",
                    created_at=new.at,
                    finished_at=None,
                )
            )
        return key

    def keep_extra(self, session: str, key: str, value: Any) -> None:
        """Keep plain JSON with a session, in place of what was kept under that key."""
        with self._writing() as connection:
            chosen = SessionTable.id == session_id(connection, session)
            extra = connection.execute(select(SessionTable.extra).where(chosen)).scalar_one()
            connection.execute(
                update(SessionTable).where(chosen).values(extra={**extra, key: value})
            )

    def event(
        self, session: str | None, kind: str, at: datetime, detail: Mapping[str, Any]
    ) -> None:
        """Write down something that happens to a rig outside a running session.

        Parameters
        ----------
        session
            The session it belongs to; None for none.
        kind
            ``"park"``, ``"move"``, ...
        at
            UTC, with time zone; before it is done where it moves something.
        detail
            Plain JSON values.
        """
        with self._writing() as connection:
            chosen = None if session is None else session_id(connection, session)
            connection.execute(
                insert(EventTable).values(
                    id=ordered_id(), session_id=chosen, kind=kind, at=at, detail=dict(detail)
                )
            )

    def tag(self, session: str, *tags: str, number: int | None = None) -> None:
        """Add tags to a session, or to its trial ``number``."""
        with self._writing() as connection:
            table, key = target(connection, session, number)
            present = connection.execute(select(table.tags).where(table.id == key)).scalar_one()
            merged = merged_tags(present, tags)
            connection.execute(update(table).where(table.id == key).values(tags=merged))

    def note(self, session: str, text: str, *, number: int | None = None) -> None:
        """Set the note of a session, or of its trial ``number``."""
        with self._writing() as connection:
            table, key = target(connection, session, number)
            connection.execute(update(table).where(table.id == key).values(note=text))


def merged_tags(present: Iterable[str], added: Iterable[str]) -> list[str]:
    """Tags without repeats, in the order in which they were given.

    Raises
    ------
    InputError
        One of them is empty.
    """
    tags = [tag.strip() for tag in (*present, *added)]
    if not all(tags):
        raise InputError("tag", "", "a tag is empty")
    return list(dict.fromkeys(tags))
