"""Every cell of every table with a value that hil never writes there, before what reads it.

A command does its work, or says in one line, status 2, which cell it is. A cell that no command
needs spoils none.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.chaos_files import command
from benchmarks.chaos_night import Broken, ChaosRow
from hil.session.run import run_session
from tests.hil.small_session import RIG, SESSION

Value = None | str | bytes | int | float
WRONG: tuple[Value, ...] = (
    None, "", "x", "null", "[]", "{}", "[null]", '{"a": null}', '{"a": []}', "NaN", "[1e400]",
    "[" * 3000, "9" * 400, "2026-13-01", b"\x80\x04\xff", -1, 10**18, float("inf"),
)  # fmt: skip
READS = (
    ("show", "last"),
    ("trials", "last"),
    ("events", "last"),
    ("sessions",),
    ("db", "verify", "last"),
    ("db", "check"),
    ("report", "last", "-o", "FOLDER/report.html"),
    ("export", "last", "--parquet", "FOLDER/tables"),
    ("replay", "last", "--frames"),
    ("resume", "last", "--trials", "3"),
)


class Whole:
    """A session of two trials in a database, and copies of it with one cell changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "rig.toml").write_text(RIG, encoding="utf-8")
        text = SESSION.replace("trials = 6", "trials = 2") + "[finish]\nremeasure = 0\n"
        (folder / "session.toml").write_text(text, encoding="utf-8")
        self._whole = folder / "whole.db"
        run_session(folder / "session.toml", f"sqlite:///{self._whole.as_posix()}")
        with contextlib.closing(sqlite3.connect(self._whole)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            named = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ).fetchall()
            self.columns = [
                (table, str(row[1]), bool(row[5]))
                for (table,) in named
                for row in connection.execute(f'PRAGMA table_info("{table}")').fetchall()
            ]

    def doctored(self, table: str, column: str, value: Value) -> str:
        """Copy the database, change a cell of the copy, and give its URL; empty where it cannot be.

        A cell is that of the table's first row; of settings, which have no number, of them all.
        """
        path = self.folder / "hil.db"
        for tail in ("", "-wal", "-shm"):
            path.with_name(path.name + tail).unlink(missing_ok=True)
        shutil.copy(self._whole, path)
        where = "" if table == "setting" else f'WHERE rowid = (SELECT min(rowid) FROM "{table}")'
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            try:
                done = connection.execute(f'UPDATE "{table}" SET "{column}" = ? {where}', (value,))
            except sqlite3.IntegrityError:
                return ""
            connection.commit()
        return f"sqlite:///{path.as_posix()}" if done.rowcount > 0 else ""

    def tried(self, table: str, column: str, value: Value, read: Sequence[str]) -> float:
        """Have a command read a doctored database."""
        url = self.doctored(table, column, value)
        if not url:
            return 0.0
        shutil.rmtree(self.folder / "tables", ignore_errors=True)
        words = [word.replace("FOLDER", self.folder.as_posix()) for word in read]
        status, said = command((*words, "--db", url))
        if status == 130:
            raise KeyboardInterrupt
        names_it = f"table {table}, row " in said and f", column {column}: " in said
        is_key = any(one[:2] == (table, column) and one[2] for one in self.columns)
        led_by_it = is_key or column.endswith("_id") or table == "alembic_version"
        if "a row holds" in said and not (names_it or led_by_it):
            raise Broken(f"{read[0]}: another cell is named: {said[:300]}")
        if status not in (0, 1, 2):
            raise Broken(f"{read[0]}: status {status}: {said[:300]}")
        return 0.0


def cells(n: int, rng: random.Random) -> list[ChaosRow]:
    """Try n cells with a wrong value and a command each; all where n is large enough."""
    row = ChaosRow("a cell that hil never wrote so")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        whole = Whole(Path(name))
        cases = [
            (table, column, value, read)
            for table, column, _ in whole.columns
            for value in WRONG
            for read in READS
        ]
        rng.shuffle(cases)
        for table, column, value, read in cases[:n]:
            what = f"{table}.{column} = {str(value)[:20]!r}, {' '.join(read)}"
            row.attempt(what, partial(whole.tried, table, column, value, read))
    return [row]
