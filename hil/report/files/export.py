"""A session for other programs: Parquet tables, and an Optuna study."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pandas as pd

from hil.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from hil.store import Database


# What formulas begin with, in Excel, LibreOffice and Google's (OWASP, "CSV Injection"); the last
# four are the wide forms, which Excel takes for the others where it speaks Japanese.
_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def export_parquet(database: Database, session: str, folder: Path) -> list[Path]:
    """Write the session's trials, estimates and events as Parquet tables.

    Raises
    ------
    InputError
        The folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("--parquet", str(folder), f"no folder: {error.strerror}") from None
    tables = {
        "trials": database.trials(session, sort="number"),
        "estimates": database.estimates(session),
        "events": database.events(session),
    }
    paths = []
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        flat(table).to_parquet(path)
        paths.append(path)
    return paths


def parquet_of_parts(parts: Iterable[pa.Table], path: Path) -> int:
    """Write parts of a table as they come, and count their rows."""
    import pyarrow.parquet as pq

    writer, rows = None, 0
    try:
        for part in parts:
            writer = writer or pq.ParquetWriter(path, part.schema)
            writer.write_table(part)
            rows += part.num_rows
    finally:
        if writer is not None:
            writer.close()
    return rows


def csv_of_parts(parts: Iterable[pa.Table], stream: TextIO) -> None:
    """Write parts of a table as they come, under one head."""
    for number, part in enumerate(parts):
        stream.write(csv_text(part.to_pandas(), header=number == 0))


def csv_text(table: pd.DataFrame, *, header: bool = True) -> str:
    """Write rows as CSV in which no text is a formula to a spreadsheet: it gets ``'`` in front.

    Notes and labels of devices are other people's, and ``=cmd|...`` runs where the file is opened.
    """
    inert = table.rename(columns=_inert)
    for place in range(inert.shape[1]):
        column = inert.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column.dtype) and any(map(_acts, column)):
            inert.isetitem(place, [_inert(cell) for cell in column])
    return inert.to_csv(index=False, header=header)


def _acts(cell: object) -> bool:
    """Whether a spreadsheet would take a cell for a formula; a number in words is none."""
    if not isinstance(cell, str) or cell[:1] not in _FORMULA:
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _inert(cell: Any) -> Any:
    return f"'{cell}" if _acts(cell) else cell


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Write lists and objects in cells as JSON, which every program reads."""
    table = table.copy()
    for column in table.columns:
        # Not by `map`: of a column without rows it keeps the type, and times have no `any`.
        if any(isinstance(cell, (list, dict, tuple)) for cell in table[column]):
            table[column] = [json.dumps(cell) for cell in table[column]]
    return table


def export_optuna(database: Database, session: str, url: str) -> str:
    """Write the session as a study into an Optuna storage; return the study's name.

    Raises
    ------
    InputError
        The storage cannot be used, or holds a study of that name already.
    """
    from hil.proposer.export import write_study

    record = database.session(session)
    name = f"{record.name}-{record.id[:8]}"
    times, metrics = times_of(database, record.id), metrics_of(database, record.id)
    write_study(url, name, database.rows(record.id), record.objectives, times, metrics)
    return name


def times_of(
    database: Database, session: str, since: int = 0
) -> dict[int, tuple[datetime, datetime]]:
    """Say when each trial that has ended was proposed, and when it ended; from a number on."""
    table = database.trials(session, where=[f"number >= {since}"] if since else ())
    table = table[table["proposed_at"].notna() & table["finished_at"].notna()]
    columns = (table[name] for name in ("number", "proposed_at", "finished_at"))
    return {
        int(number): (began.to_pydatetime(), ended.to_pydatetime())
        for number, began, ended in zip(*columns, strict=True)
    }


def metrics_of(database: Database, session: str) -> dict[int, dict[str, float]]:
    """Give each trial's metrics by name; none where the session has none."""
    own = database.estimates(session).drop_duplicates("number")
    return {
        int(number): details.get("metrics") or {}
        for number, details in zip(own["number"], own["details"], strict=True)
    }
