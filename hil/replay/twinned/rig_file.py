"""A rig file with other options of its driver: the text as it was, but for these keys."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from hil.errors import InputError
from hil.spec import RigFile

_TABLE = re.compile(r"^\s*\[")


def with_options(
    rig: RigFile,
    name: str,
    options: Mapping[str, Any],
    removed: Collection[str],
    head: str,
    noise: Mapping[str, Any] | None = None,
) -> str:
    """Write the text of a rig file whose one driver has other options.

    Parameters
    ----------
    name
        Of the new rig.
    options
        Keys of the ``[[driver]]`` table that are set.
    removed
        Keys that go.
    head
        Comment lines to begin with.
    noise
        Keys of the ``[noise]`` table that are set.

    Raises
    ------
    InputError
        The file is written in a way that this does not follow.
    """
    wanted = tomllib.loads(rig.text)
    wanted["name"] = name
    (driver,) = wanted["driver"]
    noise = noise or {}
    gone = {*options, *removed}
    wanted["driver"] = [{k: v for k, v in driver.items() if k not in gone} | dict(options)]
    if noise:
        wanted["noise"] = {k: v for k, v in wanted["noise"].items() if k not in noise} | dict(noise)
    changes = {"[[driver]]": (options, gone), "[noise]": (noise, set(noise))}
    text = head + _edited(rig.text, name, changes)
    try:
        same = tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise InputError(
            rig.path,
            "driver.0",
            "the table cannot be rewritten, allowed: [[driver]] with one key a line",
        )
    return text


def _edited(
    text: str, name: str, changes: Mapping[str, tuple[Mapping[str, Any], Collection[str]]]
) -> str:
    lines: list[str] = []
    table, depth, skipping = "", 0, False
    for line in text.lstrip("\ufeff").splitlines():
        if depth == 0 and _TABLE.match(line):
            table = line.split("#")[0].strip()
            lines.append(line)
            options, _ = changes.get(table, ({}, ()))
            lines += [f"{key} = {_toml(value)}" for key, value in options.items()]
            continue
        if depth == 0:
            key = line.partition("=")[0].strip().strip('"')
            skipping = table in changes and key in changes[table][1]
            if table == "" and key == "name" and "=" in line:
                line = f"name = {_toml(name)}"
        depth = max(0, depth + _opened(line))
        if not skipping:
            lines.append(line)
        if depth == 0:
            skipping = False
    return "\n".join(lines) + "\n"


def _opened(line: str) -> int:
    """Count brackets that stay open, those in words and comments left out."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"|\'[^\']*\'', "", line).partition("#")[0]
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def _toml(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items())
        return "{ " + inside + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)
