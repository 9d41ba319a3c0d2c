"""What a stored session searched, put together again from the database: no device is opened."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from drivers.protocol import Setting
from drivers.replay.devices import RecordedRig
from drivers.replay.recording import Recording
from drivers.types import Value
from hil.errors import InputError, SafetyError
from hil.records.described import setting_from
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
    path = Path(record.extra["rig_path"])
    rig = parse(RigSpec, record.rig_text, path)
    recording = _with_the_rest(recording_of(database, record.id, need_frames=False), record)
    connection = RecordedRig(recording, nearest=True, realtime=False)
    try:
        safety = Safety(connection.devices, rig, path.parent)
        space = resolve(spec, safety, rig, where)
    except SafetyError as error:
        raise InputError(where, "", f"its rig file cannot be read again: {error}") from None
    return StoredSearch(spec, space, Baseline.from_json(record.extra["layout"]))


def _with_the_rest(recording: Recording, record: SessionRecord) -> Recording:
    """Add settings that nobody read: limits across settings may name them.

    They never moved, so that they stand where they rest: parked, at 0, or at their first choice.
    """
    known = {setting.name for setting in recording.settings}
    described = [setting_from(table) for table in record.extra.get("settings", ())]
    more = [setting for setting in described if setting.name not in known]
    return replace(
        recording,
        settings=(*recording.settings, *more),
        present={**{setting.name: _at_rest(setting) for setting in more}, **recording.present},
    )


def _at_rest(setting: Setting) -> Value:
    if setting.park is not None:
        return setting.park
    if setting.kind == "choice":
        return setting.choices[0]
    low = -math.inf if setting.low is None else setting.low
    high = math.inf if setting.high is None else setting.high
    value = min(max(0.0, low), high)
    return round(value) if setting.kind == "int" else value
