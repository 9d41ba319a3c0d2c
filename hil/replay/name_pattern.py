"""Settings in the names of files: ``z{focus.z_um}_{wheel.label}.tif``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from drivers.types import Value
from hil.errors import InputError
from hil.replay.table import SettingsTable

_WHERE = "--pattern"


def table_of_names(pattern: str, files: Sequence[Path]) -> SettingsTable:
    """Read the settings of files from their names, a file a trial, in the order of the names.

    Parameters
    ----------
    pattern
        A file's name with ``{LABEL.PROPERTY}`` where a value stands, and ``*`` for anything;
        without a suffix it is compared with names without theirs.
    files
        Each has to have such a name.

    Raises
    ------
    InputError
        The pattern names no setting, or a file has another name.
    """
    parts = re.split(r"\{([^{}]*)\}", pattern)
    names = parts[1::2]
    for name in names:
        if not all(part.strip() for part in name.rpartition(".")[::2]):
            raise InputError(_WHERE, pattern, f"{{{name}}} is no setting: {{LABEL.PROPERTY}}")
        if names.count(name) > 1:
            raise InputError(_WHERE, pattern, f"{{{name}}} stands there twice")
    if not names:
        raise InputError(_WHERE, pattern, "names no setting, allowed: {LABEL.PROPERTY} in it")
    literal = [re.escape(part).replace(r"\*", ".*?") for part in parts[::2]]
    wanted = re.compile("(.+?)".join(literal))
    whole = bool(re.search(r"\.\w+$", parts[-1]))
    rows: list[dict[str, Value]] = []
    for file in files:
        found = wanted.fullmatch(file.name if whole else file.name.removesuffix(file.suffix))
        if found is None:
            raise InputError(_WHERE, pattern, f"{file.name} has another name")
        rows.append({n: _value(text) for n, text in zip(names, found.groups(), strict=True)})
    for name in names:
        if len({isinstance(row[name], str) for row in rows}) > 1:
            raise InputError(_WHERE, pattern, f"{name} has words and numbers in the names")
    return SettingsTable(Path("names"), tuple(rows))


def _value(text: str) -> Value:
    number = re.fullmatch(r"[-+]?\d+(?:[.]\d+)?(?:[eE][-+]?\d+)?", text)
    if number is None:
        return text
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
