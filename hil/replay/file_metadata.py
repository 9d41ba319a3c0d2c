"""A table of settings from what files say of their frames, where nobody wrote one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from drivers.types import Value
from hil.errors import InputError
from hil.frames.taken_at import Settings, TakenAt, taken_at
from hil.replay.table import SettingsTable

_ALLOWED = "allowed: a table of them (--settings), or a pattern of names (--pattern)"


def table_of_metadata(files: Sequence[Path]) -> tuple[SettingsTable, str | None]:
    """Find out at which settings frames were taken.

    Of several files each is a trial. Of one dataset those frames are a trial that were taken at the
    same settings; times at which nothing else differs are repeats, and positions fields of view.

    Returns
    -------
    SettingsTable
        With the fields of view of each row, where one dataset holds them all.
    str or None
        What its axes are; None where files tell that themselves.

    Raises
    ------
    InputError
        No setting is said, or none differs.
    """
    if len(files) == 1:
        return _of_one(files[0])
    each = [taken_at(file) for file in files]
    rows = [_common(list(one.settings.values())) for one in each]
    chosen = _chosen(rows, files[0].parent)
    return SettingsTable(files[0].parent, tuple(_typed(row, chosen) for row in rows)), None


def _of_one(file: Path) -> tuple[SettingsTable, str]:
    found = taken_at(file)
    channel = found.axes.find("C")
    frames = {at: told for at, told in found.settings.items() if channel < 0 or at[channel] == 0}
    chosen = _chosen(list(frames.values()), file)
    repeats = _repeats(found, frames, chosen)
    axes = "".join("c" if one == "C" else "r" if one in repeats else "f" for one in found.axes)
    lengths = [n for n, one in zip(found.shape, axes, strict=True) if one == "f"]
    rows: dict[tuple[Value, ...], list[int]] = {}
    for at, told in sorted(frames.items()):
        place = [k for k, one in zip(at, axes, strict=True) if one == "f"]
        field = int(np.ravel_multi_index(place, lengths)) if lengths else 0
        key = tuple(_typed(told, chosen).values())
        fields = rows.setdefault(key, [])
        if field not in fields:
            fields.append(field)
    counts = {len(fields) for fields in rows.values()}
    if len(counts) > 1:
        counted = ", ".join(map(str, sorted(counts)))
        problem = f"settings were measured with {counted} frames each, and not with equally many;"
        raise InputError(file, "", f"{problem} {_ALLOWED}")
    table = SettingsTable(
        file,
        tuple(dict(zip(chosen, key, strict=True)) for key in rows),
        fields=tuple(tuple(fields) for fields in rows.values()),
    )
    return table, f"{axes}yx"


def _repeats(
    found: TakenAt, frames: Mapping[tuple[int, ...], Settings], chosen: Sequence[str]
) -> str:
    """Say whether times are repeats: they are where settings are the same in all of them."""
    if "T" not in found.axes:
        return ""
    i = found.axes.index("T")
    first: dict[tuple[int, ...], tuple[Value, ...]] = {}
    for at, told in frames.items():
        values = tuple(_typed(told, chosen).values())
        if first.setdefault((*at[:i], *at[i + 1 :]), values) != values:
            return ""
    return "T"


def _common(frames: Sequence[Settings]) -> dict[str, Value]:
    """Keep what is the same in all frames of a file."""
    first = frames[0] if frames else {}
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in frames)
    }


def _chosen(rows: Sequence[Settings], where: Path) -> list[str]:
    """Name the settings that differ, each once by whatever name, and the exposure.

    A filter wheel has a label and a number that go together: the first says all.
    """
    names = [name for name in (rows[0] if rows else {}) if all(name in row for row in rows)]
    kept: list[str] = []
    seen: set[tuple[int, ...]] = set()
    for name in names:
        values = [row[name] for row in rows]
        order = list(dict.fromkeys(values))
        parts = tuple(order.index(value) for value in values)
        if name.endswith(".exposure_ms") or (len(order) > 1 and parts not in seen):
            kept.append(name)
            seen.add(parts)
    if not any(len({row[name] for row in rows}) > 1 for name in kept):
        said = "says no setting that differs between frames" if names else "says no settings"
        raise InputError(where, "", f"{said}; {_ALLOWED}")
    return kept


def _typed(row: Mapping[str, Value], chosen: Sequence[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in chosen:
        value = row.get(name, math.nan)
        found[name] = value if isinstance(value, str) else float(value)
    return found
