"""A database whose rows somebody has changed is told in one line, status 2, whatever stands there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hil.errors import InputError
from hil.session.run import resume_session
from hil.store import Database
from hil.store.columns import damage_told
from tests.hil.session_bench import Bench


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a session of two trials."""
    bench = Bench(tmp_path_factory.mktemp("whole"))
    bench.run(trials=2)
    return bench.folder


CELLS = [
    ("event", "detail", "1e400"),
    ("event", "detail", "null"),
    ("event", "detail", "[]"),
    ("event", "at", "[]"),
    ("event", "kind", b"\x80\x04"),
    ("trial", "sampler_attrs", "0"),
    ("trial", "device_s", "[null]"),
    ("trial", "state", "x"),
    ("trial", "constraints", "[]"),
    ("estimate", "flags", "NaN"),
    ("estimate", "per_field_bits", "{}"),
    ("estimate", "n_patches", "x"),
    ("estimate", "estimator", b"\x80\x04"),
    ("acquisition", "fields", "x"),
    ("acquisition", "fields", "null"),
    ("estimate", "details", "null"),
    ("trial", "requested", "null"),
    ("session", "extra", "null"),
    ("session", "extra", '{"a": []}'),
    ("acquisition", "n_frames", "{}"),
    ("session", "objectives", "1e308"),
    ("session", "n_trials", "{}"),
    ("session", "extra", "[" * 3000),
]


@pytest.mark.parametrize(("table", "column", "value"), CELLS)
def test_a_resume_says_so_before_a_device_is_opened(
    table: str,
    column: str,
    value: str | bytes,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = tmp_path / "hil.db"
    with contextlib.closing(sqlite3.connect(whole / "hil.db")) as connection:
        connection.execute("vacuum into ?", (str(copy),))
    with (
        contextlib.closing(sqlite3.connect(copy)) as connection,
        contextlib.suppress(sqlite3.IntegrityError),
    ):
        connection.execute("pragma ignore_check_constraints = on")
        connection.execute(f"update {table} set {column} = ?", (value,))
        connection.commit()
    monkeypatch.setattr("hil.rig.rig.Rig._open", _never)
    with pytest.raises(InputError, match="a row holds what hil never writes there") as caught:
        resume_session("last", f"sqlite:///{copy.as_posix()}", trials=4)
    assert "\n" not in str(caught.value)


def _never(*arguments: object) -> None:
    raise AssertionError("a device was opened")


def test_a_session_without_its_rig_is_told(
    database_of: Callable[[Path], Database], whole: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "hil.db"
    with contextlib.closing(sqlite3.connect(whole / "hil.db")) as connection:
        connection.execute("vacuum into ?", (str(copy),))
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        connection.execute("update session set rig_id = 'x'")
        connection.commit()
    with database_of(copy) as database, pytest.raises(InputError, match="a row holds"):
        database.session("last")


@pytest.fixture
def database_of() -> Callable[[Path], Database]:
    from hil.store import open_database

    return lambda path: open_database(f"sqlite:///{path.as_posix()}")


def test_errors_of_hil_pass_as_they_are() -> None:
    with pytest.raises(InputError, match="mine"), damage_told("x"):
        raise InputError("mine", "", "is wrong")
