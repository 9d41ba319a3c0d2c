"""A stored session as a recording: what its devices were, where they stood, and its frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from drivers.protocol import Role, Setting
from drivers.replay.recording import RecordedTrial, Recording
from drivers.types import Pixels, Value
from hil.errors import InputError
from hil.records.described import setting_from
from hil.records.session import SessionState
from hil.records.trial import TrialRow
from hil.session.baseline import Baseline
from hil.session.sequence.planes import moved_by
from hil.spec import RigSpec
from hil.spec.load import parse
from hil.store import Database, SessionRecord

_ROLES: Mapping[str, Role] = {"exposure_ms": "exposure", "power_mw": "light", "binning": "binning"}


def check_replayable(database: Database, record: SessionRecord) -> None:
    """Refuse a session whose frames are not all there.

    Raises
    ------
    InputError
        It still runs, or its frames were not kept; what can still be done is said.
    """
    short = record.id[:8]
    if record.state in (SessionState.RUNNING, SessionState.PAUSED):
        raise InputError("SESSION", short, f"it still runs ({record.state}): stop it first")
    kept = database.kept(record.id)
    if not kept:
        raise InputError("SESSION", short, "it has no frames: no trial was measured")
    partly = [one for one in kept if not one.whole]
    if not partly:
        return
    rest = "its settings can be measured again: hil replay SESSION --on RIG.toml"
    if all(one.shape is None for one in partly):
        raise InputError("SESSION", short, f"its frames were not kept; {rest}")
    raise InputError(
        "SESSION", short, f"only the first frame of each field of view was kept; {rest}"
    )


def recording_of(database: Database, session: str, *, need_frames: bool = True) -> Recording:
    """Make a recording of a session; the database is closed with it.

    Parameters
    ----------
    database
        Holds the session.
    session
        Id, or a unique beginning of one.
    need_frames
        Whether frames are going to be served; otherwise settings alone.

    Raises
    ------
    InputError
        There is no such session, it still runs, or its frames were not kept.
    """
    record = database.session(session)
    if need_frames:
        check_replayable(database, record)
    elif not database.kept(record.id):
        raise InputError("SESSION", record.id[:8], "no trial was measured")
    rig = parse(RigSpec, record.rig_text, f"the rig file of session {record.id[:8]}")
    layout = Baseline.from_json(record.kept("layout"))
    trials = _trials(database, record)
    held = _held(rig, layout, trials)
    present = {**_parked(rig), **held, **_first(rig, trials), **layout.before, **layout.start}
    places = (*layout.fields, *layout.blanks)
    for place in reversed(places):
        present |= {name: value for name, value in place.items() if name not in layout.before}
    for plane in layout.planes:  # every frame ends in the last
        present |= plane.settings
    named = {**_limited(record, rig), **_interlocks(rig), **present}
    settings = _settings(record, rig, named, trials)
    pixels = _reader(database, record.id, {trial.number: trial.fields for trial in trials})
    known = {setting.name for setting in settings}
    return Recording(
        name=f"session {record.id[:8]}",
        camera=rig.camera,
        settings=settings,
        present={name: value for name, value in named.items() if name in known},
        held={name: value for name, value in held.items() if name in known},
        places=places,
        trials=trials,
        pixels=pixels,
        close=database.close,
    )


def _trials(database: Database, record: SessionRecord) -> tuple[RecordedTrial, ...]:
    rows: dict[int, TrialRow] = {row.number: row for row in database.rows(record.id)}
    table = database.trials(record.id)
    read = dict(zip(table["number"], table["settings"], strict=True))
    took = dict(zip(table["number"], table["device_s"], strict=True))
    return tuple(
        RecordedTrial(
            number=one.number,
            requested=rows[one.number].requested,
            read_back=dict(read[one.number] or {}),
            exposure_ms=one.exposure_ms,
            saturation_adu=one.saturation_adu,
            device_s=_number(took[one.number]),
            fields=one.fields,
        )
        for one in database.kept(record.id)
    )


def _number(value: Any) -> float:
    return 0.0 if value is None or math.isnan(value) else float(value)


def _reader(
    database: Database, session: str, fields: Mapping[int, tuple[int, ...]]
) -> Callable[[int, int], Pixels]:
    """Read the frames of a place; a trial is kept until the next, so that memory stays flat."""
    whole = lru_cache(maxsize=1)(database.frames_of(session))

    def pixels(number: int, field: int) -> Pixels:
        frames: Pixels = whole(number)[fields[number].index(field)]
        return frames

    return pixels


# --- where everything stood ----------------------------------------------------------------------


def _held(rig: RigSpec, layout: Baseline, trials: Iterable[RecordedTrial]) -> dict[str, Value]:
    """Find what the rig's setup set, and nothing moved afterwards."""
    moved = {name for trial in trials for name in trial.targets()}
    moved |= {name for place in (*layout.fields, *layout.blanks) for name in place}
    moved |= {*moved_by(layout.planes)}
    return {name: value for name, value in rig.setup.items() if name not in moved}


def _first(rig: RigSpec, trials: tuple[RecordedTrial, ...]) -> dict[str, Value]:
    """Tell where settings stood at the first trial."""
    first = trials[0]
    found: dict[str, Value] = {f"{rig.camera}.exposure_ms": first.exposure_ms}
    for trial in reversed(trials):
        found |= trial.read_back
    return found | dict(first.requested)


def _parked(rig: RigSpec) -> dict[str, Value]:
    return {name: value for step in rig.park for name, value in step.set.items()}


def _interlocks(rig: RigSpec) -> dict[str, Value]:
    """Find values at which interlocks hold: or there would be no frames."""
    found: dict[str, Value] = {}
    for one in rig.interlock:
        ends = [end for end in (one.low, one.high) if end is not None]
        found[one.setting] = one.choices[0] if one.choices else sum(ends) / len(ends)
    return found


def _limited(record: SessionRecord, rig: RigSpec) -> dict[str, Value]:
    """Tell where settings stood that limits name and nobody read: they never moved from rest."""
    names = {*rig.limits}
    names |= {name for rule in rig.limits_together for name in rule.settings}
    names |= {name for rule in rig.limits_matrix for name in rule.settings}
    told = {table["name"]: setting_from(table) for table in record.extra.get("settings", ())}
    return {name: _at_rest(told[name]) for name in sorted(names & told.keys())}


def _at_rest(setting: Setting) -> Value:
    if setting.park is not None:
        return setting.park
    if setting.kind == "choice":
        return setting.choices[0]
    low = -math.inf if setting.low is None else setting.low
    high = math.inf if setting.high is None else setting.high
    value = min(max(0.0, low), high)
    return round(value) if setting.kind == "int" else value


# --- what the settings were ----------------------------------------------------------------------


def _settings(
    record: SessionRecord,
    rig: RigSpec,
    present: dict[str, Value],
    trials: tuple[RecordedTrial, ...],
) -> tuple[Setting, ...]:
    """Describe all settings whose values are known, as their devices did."""
    told = {table["name"]: setting_from(table) for table in record.extra.get("settings", ())}
    other = {alias.name: setting for setting in told.values() for alias in setting.aliases}
    for name in [name for name in present if name in other]:  # stands under its first name
        value, setting = present.pop(name), other[name]
        alias = next(alias for alias in setting.aliases if alias.name == name)
        present.setdefault(setting.name, (alias.values or {}).get(value, value))
    for name, setting in told.items():
        if setting.role == "preset" and name not in present:
            continue
        for values in setting.expands.values():
            for target, value in values.items():
                present.setdefault(target, value)
    found = []
    for name in present:
        seen: list[Value] = [present[name]]
        seen += [targets[name] for trial in trials if name in (targets := trial.targets())]
        setting = told.get(name) or _inferred(name, seen, rig)
        present[name] = float(present[name]) if setting.kind == "float" else present[name]
        found.append(setting)
    return tuple(found)


def _inferred(name: str, seen: list[Value], rig: RigSpec) -> Setting:
    """Describe a setting of a session that did not write its devices' words down."""
    prop = name.rpartition(".")[2]
    role = _ROLES.get(prop, "other")
    limit = rig.limits.get(name)
    words = [value for value in seen if isinstance(value, str)]
    if words:
        allowed = limit.choices if limit is not None and limit.choices else ()
        choices = tuple(dict.fromkeys([*words, *(c for c in allowed if isinstance(c, str))]))
        return Setting(name, "choice", choices=choices, role=role)
    unit = prop.rpartition("_")[2] if "_" in prop else ""
    low, high = (None, None) if limit is None else (limit.low, limit.high)
    whole = all(isinstance(value, int) for value in seen) and not unit
    return Setting(name, "int" if whole else "float", unit, low, high, role=role)
