"""A first session file, from what a drafted rig file limits: what its author then goes through."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA_FILE = "session.schema.json"
_SEARCHED = ("position_um", "z_um")  # what focuses, first of all that has limits
_TEXT = """#:schema {schema}
# Written by `hil rig init --session`. `hil check {name}` says what it would be refused
# for, and what it costs. All keys: docs/files.md.
name = "first"
rig = {rig}
trials = 12
seed = 1

{search}
[measure]
{grid}
repeats = 2
{exposure}
[finish]
report = true                      # a page beside the database
"""
_NOTHING = """# [[search]]                       # what may be moved: a setting of `hil rig check`
# setting = "LABEL.PROPERTY"
# low = -5
# high = 5
"""
_FIELDS = """\
# Fields of view. Put a frame's width or more, within limits of the rig file that allow it: fields
# that overlap show the same scene twice, and intervals come out too narrow.
"""
_EXPOSURE = """
[fixed]                            # in every trial; in place of it a [[search]], say
{line}# as it stood, ms
"""
_SEARCH = """[[search]]                         # what may be moved; again for more
setting = {setting}
low = {low:g}                          # within the rig's limits
high = {high:g}
"""


def session_text(
    rig_text: str, rig: str, name: str, exposure: tuple[str, float] | None = None
) -> str:
    """Write a first session: the focus is searched, at fields of view within the stage's limits.

    Parameters
    ----------
    rig_text
        Of the drafted rig file.
    rig, name
        Of the rig file, from the session's folder, and of the session file.
    exposure
        The camera's setting and what it stands at, ms, which trials keep to.
    """
    limits = tomllib.loads(rig_text).get("limits", {})
    return _TEXT.format(
        schema=SCHEMA_FILE,
        name=name,
        rig=json.dumps(rig, ensure_ascii=False),
        search=_search(limits),
        grid=_grid(limits),
        exposure=_exposure(exposure),
    )


def write_session(
    path: Path, rig: Path, rig_text: str, exposure: tuple[str, float] | None = None
) -> None:
    """Write it, with the schema beside it that editors read.

    Raises
    ------
    InputError
        It cannot be written.
    """
    from hil.cli.files.schema import schema_text, write_schema
    from hil.errors import InputError

    near = rig.absolute().parent == path.absolute().parent
    rig_name = rig.name if near else rig.absolute().as_posix()
    text = session_text(rig_text, rig_name, path.name, exposure)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(path, "", f"cannot be written: {error.strerror}") from error
    schema = path.with_name(SCHEMA_FILE)
    if not schema.exists():
        write_schema(schema, schema_text("session"))


def _exposure(exposure: tuple[str, float] | None) -> str:
    if exposure is None or not exposure[1] > 0:
        return ""
    setting = json.dumps(exposure[0], ensure_ascii=False)
    line = f"{setting} = {exposure[1]:g}"
    return _EXPOSURE.format(line=f"{line:<34} ")


def _search(limits: Mapping[str, Any]) -> str:
    for end in _SEARCHED:
        for setting, one in limits.items():
            if setting.endswith(f".{end}") and "low" in one and "high" in one:
                middle, half = (one["low"] + one["high"]) / 2, (one["high"] - one["low"]) / 4
                said = json.dumps(setting, ensure_ascii=False)
                return _SEARCH.format(setting=said, low=middle - half, high=middle + half)
    return _NOTHING


def _grid(limits: Mapping[str, Any]) -> str:
    """Two by two fields of view, half of the stage's way apart."""
    ways = [
        one["high"] - one["low"]
        for setting, one in limits.items()
        if setting.endswith((".x_um", ".y_um")) and "low" in one and "high" in one
    ]
    grid = f"grid = {{ columns = 2, rows = 2, step_um = {(min(ways) / 2 if ways else 20):g} }}"
    return f"{_FIELDS}{grid}" if len(ways) >= 2 else f"{_FIELDS}# {grid}"
