"""What is known of an instrument beside its sessions: its name, and what ``hil measure`` found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hil.store.models import EventTable, RigTable


def rig_names(connection: Connection) -> list[str]:
    """Names of all rigs, in the order of the alphabet."""
    return list(
        connection.execute(select(RigTable.name).distinct().order_by(RigTable.name)).scalars()
    )


def measured(connection: Connection, rig: str) -> list[tuple[datetime, dict[str, Any]]]:
    """When a rig was measured by ``hil measure``, and what was found, the oldest first."""
    query = (
        select(EventTable.at, EventTable.detail)
        .where(EventTable.kind == "measured", EventTable.session_id.is_(None))
        .order_by(EventTable.at, EventTable.id)
    )
    return [(at, detail) for at, detail in connection.execute(query) if detail.get("rig") == rig]
