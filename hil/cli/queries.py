"""Commands that ask the database."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hil.cli.options import Db, Frames, SessionRef
from hil.cli.screen.completion import session_ids
from hil.cli.screen.completion import settings as setting_names
from hil.cli.upkeep.whole import add_to
from hil.records.events import EventSeverity, detail_words

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from hil.store.asking.rows import RowTable

Format = Literal["table", "json", "csv", "parquet"]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help='"Z.position_um > 10", "state = COMPLETE", "tags = night", "reason ~ timeout";'
        " repeatable, all must hold.",
        autocompletion=setting_names,
    ),
]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort",
        metavar="COLUMN",
        help="Sort by it; '-objective' for largest first.",
        autocompletion=setting_names,
    ),
]
Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="The first N rows only.")
]
After = Annotated[
    str | None,
    typer.Option(
        "--after", metavar="ROW", help="Begin after that session, or that trial (SESSION/NUMBER)."
    ),
]
Form = Annotated[Format | None, typer.Option("--format", help="How to write the rows.")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
]


PLACE = 60


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(sessions)
    app.command()(trials)
    app.command()(events)
    app.command()(tag)
    app.command()(note)
    app.command()(export)
    db = typer.Typer(help="Look after the database.", no_args_is_help=True)
    db.command("migrate")(migrate)
    db.command("verify")(verify)
    add_to(db)
    app.add_typer(db, name="db")


def sessions(
    where: Where = None,
    sort: Sort = None,
    limit: Limit = None,
    after: After = None,
    form: Form = None,
    output: Output = None,
    db: Db = None,
) -> None:
    """List sessions, newest first."""
    from hil.store import open_database

    with open_database(db) as database:
        rows = database.session_rows(where=where or (), sort=sort, limit=limit, after=after)
    write(rows, form, output, _SESSION_COLUMNS)


def trials(
    session: Annotated[
        str | None,
        typer.Argument(
            metavar="[SESSION]", help="Without it, of all sessions.", autocompletion=session_ids
        ),
    ] = None,
    where: Where = None,
    sort: Sort = None,
    limit: Limit = None,
    after: After = None,
    form: Form = None,
    output: Output = None,
    db: Db = None,
) -> None:
    """List trials with their settings as read back; without drift where references show one."""
    from hil.session.result import corrected_objectives
    from hil.store import open_database

    with open_database(db) as database:
        if (form or _form_of(output)) in ("csv", "parquet"):
            parts = database.trial_parts(
                session, where=where or (), sort=sort, limit=limit, after=after
            )
            corrected = corrected_objectives(database, session) if session is not None else {}
            write_parts((with_corrected(part, corrected) for part in parts), form, output)
            return
        rows = database.trial_rows(session, where=where or (), sort=sort, limit=limit, after=after)
        corrected = corrected_objectives(database, session) if session is not None else {}
    if corrected:
        values = [corrected.get(number) for number in rows.column("number")]
        rows = rows.with_column("corrected", values, after="objective")
    asked_for = any(bits is not None for bits in rows.column("lower_bits"))
    columns = [name for name in _TRIAL_COLUMNS if name != "lower_bits" or asked_for]
    write(rows, form, output, columns, settings=True)


def events(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", autocompletion=session_ids)
    ] = None,
    severity: Annotated[
        EventSeverity | None,
        typer.Option("--severity", metavar="LEAST", help="This and worse: info, warning, ..."),
    ] = None,
    limit: Limit = None,
    form: Form = None,
    output: Output = None,
    db: Db = None,
) -> None:
    """List what happened: parks, moves, faults, pauses."""
    from hil.store import open_database

    with open_database(db) as database:
        table = database.events(session)
    if severity is not None:
        wanted = [one.value for one in EventSeverity if one.rank >= severity.rank]
        table = table[table["severity"].isin(wanted)]
    write(table.head(limit) if limit else table, form, output, None)


def tag(
    session: SessionRef,
    tags: Annotated[list[str], typer.Argument(metavar="TAG...")],
    trial: Annotated[int | None, typer.Option("--trial", metavar="N")] = None,
    db: Db = None,
) -> None:
    """Tag a session, or one of its trials."""
    from hil.store import open_database

    with open_database(db) as database:
        database.tag(session, *tags, number=trial)


def note(
    session: SessionRef,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    trial: Annotated[int | None, typer.Option("--trial", metavar="N")] = None,
    db: Db = None,
) -> None:
    """Write a note on a session, or on one of its trials."""
    from hil.store import open_database

    with open_database(db) as database:
        database.note(session, text, number=trial)


def export(
    session: SessionRef,
    optuna: Annotated[
        str | None,
        typer.Option("--optuna", metavar="URL", help="As a study, for optuna-dashboard."),
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="DIR", help="As Parquet tables.")
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Write a session for other programs."""
    from hil.errors import InputError
    from hil.report.files.export import export_optuna, export_parquet
    from hil.store import open_database

    if optuna is None and parquet is None:
        raise InputError("hil export", "", "give --optuna URL or --parquet DIR")
    with open_database(db, frames=frames) as database:
        if optuna is not None:
            print(f"wrote study {export_optuna(database, session, optuna)!r}")
        if parquet is not None:
            for path in export_parquet(database, session, parquet):
                print(f"wrote {path}")


def migrate(db: Db = None) -> None:
    """Bring a database of an older version up to date, after a copy."""
    from hil.store import migrate as migrate_database

    revisions = migrate_database(db)
    print(f"applied {', '.join(revisions)}" if revisions else "up to date")


def verify(session: SessionRef = "last", db: Db = None, frames: Frames = None) -> int:
    """Compare a session's frames with their checksums."""
    from hil.store import open_database

    with open_database(db, frames=frames) as database:
        problems = database.verify(session)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else "all frames match their checksums")
    return 1 if problems else 0


# --- output --------------------------------------------------------------------------------------

_SESSION_COLUMNS = (
    "session_id name rig state n_trials n_complete best best_low best_high created_at tags".split()
)
_TRIAL_COLUMNS = (
    "session_name number kind state objective corrected ci_low ci_high lower_bits dose_mj flags"
    " reason".split()
)


def write(
    table: pd.DataFrame | RowTable,
    form: Format | None,
    output: Path | None,
    columns: list[str] | None,
    *,
    settings: bool = False,
) -> None:
    """Write rows as a person or a program wants them.

    Parameters
    ----------
    table
        The rows.
    form
        How; without it, what the file's ending says, or a table.
    output
        Where to; None for standard output.
    columns
        What a table on the screen shows; files get everything.
    settings
        Whether the screen also shows the columns of settings.
    """
    form = form or _form_of(output)
    if form == "table":
        text = _screen(_rows_of(table), columns, settings=settings)
    else:
        from hil.errors import InputError
        from hil.report.files.export import csv_text, flat
        from hil.report.files.whole_file import whole_file
        from hil.store.asking.rows import RowTable

        frame = table.frame() if isinstance(table, RowTable) else table
        if form == "parquet":
            if output is None:
                raise InputError("--format", "", "parquet needs -o FILE")
            with whole_file(output) as partial:
                flat(frame).to_parquet(partial)
            return
        if form == "csv":
            text = csv_text(flat(frame))
        else:
            text = frame.to_json(orient="records", date_format="iso", indent=2) + "\n"
    if output is not None:
        from hil.report.files.whole_file import whole_file

        with whole_file(output) as partial:
            partial.write_text(text, encoding="utf-8", newline="")
    else:
        typer.echo(text, nl=False)


def write_parts(parts: Iterable[pa.Table], form: Format | None, output: Path | None) -> None:
    """Write rows part by part, as CSV or Parquet: any number of them."""
    from hil.errors import InputError
    from hil.report.files.export import csv_of_parts, parquet_of_parts
    from hil.report.files.whole_file import whole_file

    if (form or _form_of(output)) == "parquet":
        if output is None:
            raise InputError("--format", "", "parquet needs -o FILE")
        with whole_file(output) as partial:
            parquet_of_parts(parts, partial)
    elif output is None:
        csv_of_parts(parts, sys.stdout)
    else:
        # Nothing is written before the question is known to make sense.
        rest = iter(parts)
        first = next(rest)
        with (
            whole_file(output) as partial,
            partial.open("w", encoding="utf-8", newline="") as stream,
        ):
            csv_of_parts(itertools.chain([first], rest), stream)


def with_corrected(part: pa.Table, corrected: Mapping[int, float]) -> pa.Table:
    """Add the objectives without drift, where there is one."""
    import pyarrow as pa

    if not corrected:
        return part
    values = [corrected.get(number.as_py()) for number in part["number"]]
    place = part.column_names.index("objective") + 1
    return part.add_column(place, "corrected", pa.array(values, pa.float64()))


def _form_of(output: Path | None) -> Format:
    endings: dict[str, Format] = {".json": "json", ".csv": "csv", ".parquet": "parquet"}
    return endings.get(output.suffix.lower(), "table") if output is not None else "table"


def _rows_of(table: pd.DataFrame | RowTable) -> RowTable:
    from hil.store.asking.rows import RowTable

    if isinstance(table, RowTable):
        return table
    names = [str(name) for name in table.columns]
    return RowTable(names, list(table.itertuples(index=False, name=None)), len(names))


def _screen(table: RowTable, columns: list[str] | None, *, settings: bool) -> str:
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = [name for name in columns or table.names if name in table.names]
    if settings:
        shown += sorted((name for name in table.names if "." in name), key=_natural)
    if "session_name" in shown and len(set(table.column("session_name"))) <= 1:
        shown.remove("session_name")
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        drawn.add_column(Text(name), no_wrap=True)
    places = [(name, table.names.index(name)) for name in shown]
    for row in table.rows:
        drawn.add_row(*(Text(_cell(name, row[place])) for name, place in places))
    stream = io.StringIO()
    # A row is a line, however wide: a cell that is cut off or wrapped is of no use to anybody.
    Console(file=stream, width=100_000, highlight=False, markup=False).print(drawn)
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    return "\n".join(lines) + "\n"


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort z4 before z10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _cell(name: str, cell: object) -> str:
    if isinstance(cell, (list, tuple)):
        return _in_a_line(", ".join(str(item) for item in cell))
    if isinstance(cell, dict):
        return _in_a_line(detail_words(cell, "="))
    if cell is None or cell != cell:  # NaN, and a time that is none
        return ""
    if isinstance(cell, datetime):  # pandas' too
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, float):
        return f"{cell:.5g}"
    return str(cell)[:8] if name in ("session_id", "calibration_id") else _in_a_line(str(cell))


def _in_a_line(text: str) -> str:
    return " ".join(text.split())
