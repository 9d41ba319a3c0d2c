"""Databases on a PostgreSQL server that lives as long as the test run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import URL

_numbers = itertools.count()


@contextmanager
def admin(server: URL) -> Iterator[Connection]:
    """Connect to the maintenance database."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def new_database(server: URL, template: str) -> Iterator[str]:
    """Make a database of its own for one test; its URL."""
    name = f"hil_test_{next(_numbers)}"
    with admin(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    url = server.set(database=name, drivername="postgresql")
    yield url.render_as_string(hide_password=False)
    with admin(server) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
