"""Rows of rig files: one for each text that a rig file ever had."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, insert, select

from hil.store.models import RigTable, random_id


def rig_row(connection: Connection, name: str, text: str, at: datetime) -> str:
    """Give the id of a rig file's row, made where the text is not known yet."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    known = select(RigTable.id).where(RigTable.name == name, RigTable.sha256 == digest)
    if (found := connection.execute(known).scalar()) is not None:
        return str(found)
    rig_id = random_id()
    connection.execute(
        insert(RigTable).values(id=rig_id, name=name, text=text, sha256=digest, created_at=at)
    )
    return rig_id
