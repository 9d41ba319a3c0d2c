"""RowTable without pandas, which is loaded for who wants a DataFrame."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from hil.store import open_database
from hil.store.asking.rows import RowTable

ROWS = RowTable(
    ["number", "at", "b.x"], [(1, datetime(2026, 1, 1, tzinfo=UTC), None), (2, None, 3.0)], 2
)


def test_columns_and_frames() -> None:
    assert ROWS.column("number") == [1, 2]
    wider = ROWS.with_column("corrected", [0.5, None], after="number")
    assert wider.names == ["number", "corrected", "at", "b.x"]
    assert wider.rows[1] == (2, None, None, 3.0)
    frame = wider.frame()
    assert list(frame.columns) == wider.names
    assert isinstance(frame["at"].dtype, pd.DatetimeTZDtype)
    none = RowTable(["number", "at"], [], 2).frame()
    assert isinstance(none["at"].dtype, pd.DatetimeTZDtype)


def test_a_table_on_the_screen_needs_no_heavy_library(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hil.db'}"
    open_database(url, create=True).close()
    code = (
        "import sys; from hil.cli.main import run;"
        f"statuses = [run([command, '--limit', '20', '--db', {url!r}])"
        " for command in ('trials', 'sessions')];"
        "heavy = ('pandas', 'zarr', 'numcodecs', 'alembic', 'scipy', 'optuna', 'matplotlib',"
        " 'torch', 'starlette', 'numpy', 'stamina');"
        "print(statuses, [name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[0, 0] []"
