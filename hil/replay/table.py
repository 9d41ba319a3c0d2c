"""A table of settings: one row a trial, one column a setting; and the session that measures it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from drivers.types import Value
from hil.errors import InputError
from hil.records.trial import Proposal
from hil.replay.csv_columns import csv_columns
from hil.spec import RigFile, SessionFile, SessionSpec
from hil.spec.load import check_against_rig, parse

FILE = "file"  # the one column that is no setting: where a row's frames lie
_UNBOUNDED_S = 1e9
_LIGHT = ("exposure_ms", "power_mw")


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """Rows of settings.

    Parameters
    ----------
    path
        For messages.
    rows
        Setting to value, in the table's order; the same settings in each.
    files
        For each row the name of its file; empty where the table does not say.
    fields
        For each row which fields of view of the one file are its own; empty where it does not say.
    """

    path: Path
    rows: tuple[Mapping[str, Value], ...]
    files: tuple[str, ...] = ()
    fields: tuple[tuple[int, ...], ...] = ()

    def proposals(self) -> list[Proposal]:
        """Give each row as a trial."""
        return [Proposal("search", dict(row)) for row in self.rows]


def read_table(path: str | Path) -> SettingsTable:
    """Read a CSV or Parquet file.

    Raises
    ------
    InputError
        Naming the column and the row, the first after the head being 1.
    """
    path = Path(path)
    names, cells = _parquet(path) if path.suffix.lower() == ".parquet" else csv_columns(path)
    for name in names:
        if name != FILE and not all(part.strip() for part in name.rpartition(".")[::2]):
            problem = f"column {name!r} is no setting, allowed: LABEL.PROPERTY, or {FILE}"
            raise InputError(path, "", problem)
        if names.count(name) > 1:
            raise InputError(path, name, "the column stands there twice")
    if not cells:
        raise InputError(path, "", "has no rows: one row a trial is needed")
    rows = [
        {name: _value(path, name, i, cell) for name, cell in zip(names, row, strict=True)}
        for i, row in enumerate(cells, start=1)
    ]
    files = tuple(str(row.pop(FILE)) for row in rows) if FILE in names else ()
    if not rows[0]:
        raise InputError(path, "", "has no column with a setting, LABEL.PROPERTY")
    for name in rows[0]:
        if len({isinstance(row[name], str) for row in rows}) > 1:
            raise InputError(path, name, "has words and numbers in one column")
    return SettingsTable(path, tuple(rows), files)


def _parquet(path: Path) -> tuple[list[str], list[list[Any]]]:
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError:
        raise InputError(path, "", "no such file") from None
    except Exception as error:  # pandas and pyarrow have many
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(path, "", f"cannot be read as a table: {reason}") from None
    columns = [table.iloc[:, k].tolist() for k in range(table.shape[1])]
    return [str(name).strip() for name in table.columns], [
        list(r) for r in zip(*columns, strict=True)
    ]


def _value(path: Path, name: str, row: int, cell: Any) -> Value:
    if hasattr(cell, "item"):
        cell = cell.item()
    if isinstance(cell, str) and cell.strip():
        return cell.strip()
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
        raise InputError(
            path, name, f"row {row} holds {cell!r}, allowed: a finite number or a word"
        )
    return cell


def table_session(
    table: SettingsTable,
    rig: RigFile,
    name: str,
    *,
    like: SessionSpec | None = None,
    repeats: int | None = None,
    fields: Sequence[Mapping[str, Value]] = (),
) -> SessionFile:
    """Write the session that measures a table, as a file would say it.

    Parameters
    ----------
    table
        What is measured.
    rig
        On which rig.
    name
        Of the session.
    like
        A session whose fields of view, repeats, estimator and objective it has.
    repeats
        Frames of each field; None for those of `like`.
    fields
        Fields of view; without any those of `like`.

    Raises
    ------
    InputError
        A value lies outside the rig file's limits, or the rig does not serve.
    """
    first = {} if like is None else like.model_dump(mode="json", exclude_unset=True)
    stated: dict[str, Any] = {
        key: first[key]
        for key in ("seed", "fixed", "measure", "estimator", "objective", "constraints")
        if key in first
    }
    stated["fixed"] = {
        key: value for key, value in stated.get("fixed", {}).items() if key not in table.rows[0]
    }
    if repeats is not None:
        stated["measure"] = {**stated.get("measure", {}), "repeats": repeats}
    if fields:
        places = [dict(field) for field in fields]
        stated["measure"] = {**stated.get("measure", {}), "fields": places}
    if any(setting.rpartition(".")[2] in _LIGHT for setting in table.rows[0]):
        # Nothing is searched here, so that nothing runs away with the light.
        stated["constraints"] = {"max_exposure_s": _UNBOUNDED_S, **stated.get("constraints", {})}
    stated |= {
        "name": name,
        "rig": rig.path.name,
        "trials": len(table.rows),
        "start": "none",
        "search": [_axis(setting, table.rows) for setting in table.rows[0]],
        "sampler": {"kind": "random"},
        "stop": {"failures_in_a_row": max(3, len(table.rows))},
    }
    text = json.dumps(stated)
    spec = parse(SessionSpec, text, table.path)
    check_against_rig(spec, rig.spec, table.path)
    return SessionFile(spec, text, table.path.absolute(), rig)


def _axis(setting: str, rows: Sequence[Mapping[str, Value]]) -> dict[str, Any]:
    values = [row[setting] for row in rows]
    numbers = [value for value in values if not isinstance(value, str)]
    if not numbers:
        return {"setting": setting, "choices": list(dict.fromkeys(values))}
    return {"setting": setting, "low": min(numbers), "high": max(numbers)}
