"""What a database knows of instruments."""

from __future__ import annotations

from datetime import UTC, datetime

from hil.store import Database


def test_measurements_are_those_of_the_rig(db: Database, session_id: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for rig, bits in (("scope", 1.0), ("another", 2.0), ("scope", 3.0)):
        db.event(None, "measured", at, {"rig": rig, "found": {"bits_per_pixel": bits}})
    db.event(session_id, "measured", at, {"rig": "scope"})
    found = db.measured("scope")
    assert [detail["found"]["bits_per_pixel"] for _, detail in found] == [1.0, 3.0]
    assert all(moment == at for moment, _ in found)
    assert db.session(session_id).rig in db.rig_names()
