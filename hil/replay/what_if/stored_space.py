"""What a stored session searched, put together again from the database: no device is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.replay.devices import RecordedRig
from hil.errors import InputError, SafetyError
from hil.replay.recording import recording_of
from hil.rig.safety import Safety
from hil.session.baseline import Baseline
from hil.session.search_space import SearchSpace, resolve
from hil.spec import RigSpec, SessionSpec
from hil.spec.load import parse
from hil.store import Database, SessionRecord


@dataclass(frozen=True, slots=True)
class StoredSearch:
    """A session's search, as it was resolved on the rig then.

    Parameters
    ----------
    spec
        The session.
    space
        Axes and limits, by devices that only remember.
    baseline
        Fields of view and start.
    """

    spec: SessionSpec
    space: SearchSpace
    baseline: Baseline


def stored_search(database: Database, record: SessionRecord) -> StoredSearch:
    """Put a search together from what is stored of its session.

    Raises
    ------
    InputError
        What is stored does not say enough.
    """
    where = f"session {record.id[:8]}"
    spec = parse(SessionSpec, record.session_text, where)
    path = Path(record.kept("rig_path"))
    rig = parse(RigSpec, record.rig_text, path)
    recording = recording_of(database, record.id, need_frames=False)
    connection = RecordedRig(recording, nearest=True, realtime=False)
    try:
        safety = Safety(connection.devices, rig, path.parent)
        space = resolve(spec, safety, rig, where)
    except SafetyError as error:
        raise InputError(where, "", f"its rig file cannot be read again: {error}") from None
    baseline = Baseline.from_json(record.kept("layout"))
    return StoredSearch(spec, baseline.in_planes(space), baseline)
