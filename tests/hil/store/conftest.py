"""A real PostgreSQL for the whole run, and databases of both kinds for single tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from hil.records.estimate import Assessment, Estimate
from hil.records.frames import FieldFrames
from hil.records.trial import OpenTrial, Proposal, TrialState
from hil.store import Database, NewSession, SqlStore, open_database
from tests.postgres import admin, new_database


@dataclass
class TestClock:
    """A clock that moves by a second every time it is asked for the time of day."""

    __test__ = False
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    step: timedelta = field(default=timedelta(seconds=1))

    def now(self) -> datetime:
        self.time += self.step
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'hil.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database, of both kinds."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def sqlite_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with tables and nothing in them, to be copied: making it takes 0.2 s."""
    file = tmp_path_factory.mktemp("made") / "hil.db"
    open_database(f"sqlite:///{file}", create=True).close()
    return file


@pytest.fixture(scope="session")
def postgres_made(postgres_server: URL) -> str:
    """Name of a PostgreSQL database with tables and nothing in them, to be copied."""
    with admin(postgres_server) as connection:
        connection.execute(text("CREATE DATABASE hil_made"))
    url = postgres_server.set(database="hil_made", drivername="postgresql")
    open_database(url.render_as_string(hide_password=False), create=True).close()
    return "hil_made"


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open database without rows, of both kinds."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_made"), tmp_path / "hil.db")
        with open_database(f"sqlite:///{file}", frames=tmp_path / "frames") as database:
            yield database
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_made")
    with (
        new_database(server, template) as url,
        open_database(url, frames=tmp_path / "frames") as database,
    ):
        yield database


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def new_session(clock: TestClock) -> Callable[..., NewSession]:
    def make(**changes: Any) -> NewSession:
        known: dict[str, Any] = {
            "name": "sharpen",
            "rig": "demo scope",
            "session_text": 'name = "sharpen"\n',
            "rig_text": 'name = "demo scope"\n',
            "versions": {"hil": "0.1.0"},
            "seed": 1,
            "n_trials": 40,
            "objectives": ("bits_per_pixel",),
            "estimator": "stationary",
            "at": clock.now(),
        }
        return NewSession(**(known | changes))

    return make


@pytest.fixture
def session_id(db: Database, new_session: Callable[..., NewSession]) -> str:
    return db.create_session(new_session())


@pytest.fixture
def store(db: Database, session_id: str, clock: TestClock) -> Iterator[SqlStore]:
    with db.store(session_id, controller="demo scope", clock=clock) as opened:
        yield opened


def pixels(field_index: int, seed: int = 0, repeats: int = 2) -> FieldFrames:
    """Frames of one field of view, (repeats, 16, 12)."""
    rng = np.random.default_rng((seed, field_index))
    frames = rng.integers(0, 4096, (repeats, 16, 12)).astype(np.uint16)
    return FieldFrames(field_index, frames, 10.0, 4095, datetime(2026, 1, 1, tzinfo=UTC))


def assessment(bits: float) -> Assessment:
    estimate = Estimate(
        bits, bits - 0.1, bits + 0.1, 3.0, 2.0, "stationary", 96, 3, 0.01, (),
        {"per_field_bits": [bits, bits + 0.1, bits - 0.1]},
    )  # fmt: skip
    return Assessment(estimate, {"bits_per_pixel": bits}, {"saturated_share": -0.001})


@dataclass
class Run:
    """Brings trials as far as a test needs them."""

    store: SqlStore
    clock: TestClock
    n_fields: int = 3

    def pixels(self, field_index: int) -> FieldFrames:
        return pixels(field_index)

    def propose(self, **settings: Any) -> OpenTrial:
        requested = settings or {"mirror.z5_nm": 12.5, "Emission.Label": "FITC"}
        return self.store.propose(lambda rows, attrs, number: Proposal("search", requested))

    def captured(self, **settings: Any) -> OpenTrial:
        trial = self.propose(**settings)
        self.store.applied(trial, self.clock.now(), dict(trial.requested))
        # Not in order: a trial visits its fields in an order of its own.
        for index in reversed(range(self.n_fields)):
            self.store.frames(trial, pixels(index, seed=trial.number))
        self.store.captured(trial, self.clock.now(), device_s=0.5)
        return trial

    def complete(self, bits: float = 1.0, **settings: Any) -> OpenTrial:
        trial = self.captured(**settings)
        self.store.estimated(trial, self.clock.now(), assessment(bits))
        self.store.finish(trial, TrialState.COMPLETE, self.clock.now())
        return trial

    def failed(self, reason: str, **settings: Any) -> OpenTrial:
        trial = self.propose(**settings)
        self.store.finish(trial, TrialState.FAILED, self.clock.now(), reason)
        return trial


@pytest.fixture
def run(store: SqlStore, clock: TestClock) -> Run:
    return Run(store, clock)


@pytest.fixture
def make_run(clock: TestClock) -> Callable[[SqlStore], Run]:
    return lambda opened: Run(opened, clock)


@pytest.fixture
def make_pixels() -> Callable[..., FieldFrames]:
    return pixels


@pytest.fixture
def make_assessment() -> Callable[[float], Assessment]:
    return assessment
