"""Transactions on an open database, as every question and every record takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from hil.closing import Closing
from hil.errors import InputError, NotWritable, StoreError
from hil.store.cells.damage import first_damage
from hil.store.columns import FROM_A_CELL, damage_told, damaged
from hil.store.engine import is_passing, is_read_only, one_line, writing
from hil.store.location import Location
from hil.store.retry import Retry

# What whoever uses rows raises where a damaged one is among them.
_FOR_A_ROW = (*FROM_A_CELL, ArithmeticError, AssertionError, MemoryError)
# How long all but a controller's writes wait for the database.
WAIT_S = 30.0


class Access(Closing):
    """The engine with its frames folder, and the two kinds of transactions.

    Parameters
    ----------
    engine
        Made by `hil.store.engine.connect`; `close` disposes of it.
    location
        Where the database and its frames lie.
    """

    def __init__(self, engine: Engine, location: Location) -> None:
        self._engine = engine
        self._location = location
        self._written = False  # what could be written once fails for another reason later

    @property
    def url(self) -> str:
        """Where the database lies, without the password."""
        return self._location.shown

    @property
    def location(self) -> Location:
        """Where it lies, with the password: not to be printed."""
        return self._location

    @property
    def frames_folder(self) -> Path:
        """Where the frame files lie: a Zarr group a session, an array a trial."""
        return self._location.frames

    def close(self) -> None:
        """Close all connections. Stores made from this database must be closed before."""
        self._engine.dispose()

    @contextmanager
    def _reading(self, *, read_only: bool = False) -> Iterator[Connection]:
        with (
            self._plain_errors(),
            damage_told(self.url, self._damage),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            sqlite = self._engine.dialect.name == "sqlite"
            before = 0
            if read_only and sqlite:
                before = connection.exec_driver_sql("PRAGMA query_only").scalar_one()
            if read_only:
                connection.exec_driver_sql(
                    "PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY"
                )
            try:
                yield connection
            finally:
                if read_only and sqlite:
                    # It belongs to the connection, which goes back to the pool.
                    connection.exec_driver_sql(f"PRAGMA query_only = {int(before)}")

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that reads, for another database that takes rows over."""
        return self._reading()

    @contextmanager
    def _writing(self, section: str | None = None) -> Iterator[Connection]:
        told = self._plain_errors(writes=True), damage_told(self.url, self._damage)
        with told[0], told[1], ExitStack() as stack:
            # Locks are taken on entering, so what has to be repeated is that alone.
            try:
                connection = Retry(WAIT_S).run(
                    lambda _attempt: stack.enter_context(writing(self._engine, section))
                )
            except StoreError as error:
                self._refuse_read_only(error.__cause__)
                raise
            yield connection
        self._written = True

    @contextmanager
    def _plain_errors(self, *, writes: bool = False) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if writes:
                self._refuse_read_only(error)
            if not is_passing(error) and (said := self._damage()):
                raise damaged(self.url, said) from error
            raise StoreError(f"the database failed: {one_line(error)}") from error

    def _refuse_read_only(self, error: BaseException | None) -> None:
        """Tell a database that cannot be written as wrong input, where nothing has been yet."""
        if error is not None and not self._written and is_read_only(error):
            raise NotWritable(self.url, one_line(error)) from error

    def _damage(self) -> str:
        """Name a cell that holds what hil never writes there; empty where none is found."""
        with suppress(DBAPIError, InputError), self._engine.connect() as connection:
            return first_damage(connection)
        return ""

    def __exit__(self, *error: object) -> None:
        """Close it; what failed for a damaged row within the ``with`` block is told as that.

        Raises
        ------
        InputError
            Naming the row.
        """
        raised = error[1]
        try:
            if isinstance(raised, Exception):
                self.raise_damage(raised)
        finally:
            super().__exit__(*error)

    def raise_damage(self, error: Exception) -> None:
        """Tell an error that comes of a damaged row as that; nothing where no row is damaged.

        Raises
        ------
        InputError
            Naming the row.
        """
        if isinstance(error, _FOR_A_ROW) and (said := self._damage()):
            raise damaged(self.url, said) from error
