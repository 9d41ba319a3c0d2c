"""A session in a process of its own, paused, let go on and ended from other processes."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from hil.cli.main import run
from hil.errors import HilError
from tests.hil.planted_rig import RIG, ask_for, lit_mw, plant, wait_until_dark
from tests.hil.session_bench import Bench, n_complete, session_state, start, wait_for
from tests.hil.small_session import SESSION

# Between asking and darkness.
OBEYED_S = 2.0


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path)


@dataclass
class Running:
    """A session that goes on in a process of its own."""

    bench: Bench
    environ: dict[str, str]
    process: subprocess.Popen[str]


@contextlib.contextmanager
def a_session(bench: Bench, pause: str = "") -> Iterator[Running]:
    table = f"\n[pause]\n{pause}\n" if pause else ""
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 4000") + table)
    environ = plant(bench.folder)
    process = start(bench, "run", "session.toml", environ=environ)
    try:
        yield Running(bench, environ, process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def going_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for several tests, each of which lets it go on; the last ends it."""
    with a_session(Bench(tmp_path_factory.mktemp("going_on"))) as made:
        wait_for(lambda: n_complete(made.bench) >= 1)
        yield made


@pytest.fixture
def running(going_on: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.chdir(going_on.bench.folder)
    return going_on


def command(bench: Bench, *arguments: str) -> None:
    """Ask from this process, which is another than the session's."""
    assert run([*arguments, "--db", bench.url]) == 0


def asked_at(bench: Bench) -> float:
    """Time of the last request that stands in the folder beside the frames, seconds."""
    files = list((bench.folder / "hil-frames" / "control").glob("*/request-*.json"))
    return max(int(file.stem.removeprefix("request-")[:16], 16) for file in files) / 1e9


def dark_after(bench: Bench) -> float:
    """How long after the last request the lamp was put out, seconds."""
    asked = asked_at(bench)
    wait_until_dark(bench.folder)
    lines = (bench.folder / "lamp.txt").read_text(encoding="utf-8").splitlines()
    commands = [tuple(float(word) for word in line.split()) for line in lines]
    assert next(mw for at, mw in reversed(commands)) == 0.0
    after = [at for at, mw in commands if mw == 0.0 and at >= asked]
    before = [mw for at, mw in commands if at < asked]
    return 0.0 if before[-1] == 0.0 else after[0] - asked


def is_paused(bench: Bench) -> bool:
    return session_state(bench) == "PAUSED"


def test_a_pause_is_dark_and_holds_the_rig_until_it_goes_on(running: Running) -> None:
    bench = running.bench
    command(bench, "pause", "--why", "a fire drill")
    assert dark_after(bench) < OBEYED_S
    wait_for(lambda: is_paused(bench), 5)
    with bench.database() as database:
        assert database.session("last").reason.startswith("a fire drill (")
    children = psutil.Process(running.process.pid).children()
    assert [child.status() for child in children], "the guardian lives"
    other = start(bench, "park", "rig.toml", environ=running.environ)
    _, said = other.communicate(timeout=60)
    assert (other.returncode, "is held by" in said) == (3, True)
    before = n_complete(bench)
    time.sleep(1.5)
    assert (n_complete(bench), lit_mw(bench.folder)) == (before, 0.0)
    command(bench, "continue")
    wait_for(lambda: n_complete(bench) > before)
    assert session_state(bench) == "RUNNING"


def test_while_the_database_is_locked_a_file_is_obeyed(running: Running) -> None:
    bench, before = running.bench, running.bench.events().count("paused")
    connection = sqlite3.connect(bench.folder / "hil.db", timeout=60)
    with contextlib.closing(connection):
        connection.execute("BEGIN EXCLUSIVE")
        # A process of its own: within one, locks of SQLite are not what they are between two.
        asking = start(bench, "pause", environ=running.environ)
        _, said = asking.communicate(timeout=60)
        assert asking.returncode == 0, said
        assert dark_after(bench) < OBEYED_S
        connection.rollback()
    wait_for(lambda: is_paused(bench), 10)
    assert bench.events().count("paused") == before + 1
    done = n_complete(bench)
    command(bench, "continue")
    wait_for(lambda: n_complete(bench) > done)


def test_a_long_capture_is_dark_in_time_and_taken_again(running: Running) -> None:
    bench = running.bench
    ask_for(bench.folder, "camera capture waits")
    wait_for(lambda: lit_mw(bench.folder) > 0)
    time.sleep(0.5)
    command(bench, "pause")
    assert dark_after(bench) < OBEYED_S
    wait_for(lambda: is_paused(bench), 10)
    (bench.folder / "camera capture waits").unlink()
    number = len(bench.states()) - 1
    command(bench, "continue")
    # It may be estimated while the next one is measured.
    wait_for(lambda: bench.states()[number] == "COMPLETE")
    with bench.database() as database:
        frames = database.frames("last", number)
    means = [float(field.mean()) for field in frames]
    assert max(means) - min(means) < 0.2 * min(means), "no field was measured in the dark"


def test_a_stop_ends_a_pause(running: Running) -> None:
    bench = running.bench
    command(bench, "pause")
    wait_for(lambda: is_paused(bench), 5)
    command(bench, "stop")
    running.process.communicate(timeout=30)
    assert running.process.returncode == 0
    assert (session_state(bench), lit_mw(bench.folder)) == ("STOPPED", 0.0)
    assert set(bench.states()) <= {"COMPLETE", "ABORTED"}
    kinds = bench.events()
    wanted = ["pause_requested", "paused", "continue_requested", "continued", "stop_requested"]
    assert [kind for kind in wanted if kind not in kinds] == []
    assert not (bench.folder / "hil-frames" / "control").exists(), "nothing is left behind"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends a process no SIGTERM")
def test_a_paused_session_that_is_killed_goes_on_by_resume_and_a_signal_ends_its_pause(
    bench: Bench,
) -> None:
    with a_session(bench) as running:
        wait_for(lambda: n_complete(bench) >= 1)
        command(bench, "pause")
        wait_for(lambda: is_paused(bench), 5)
        running.process.kill()
        wait_for(lambda: session_state(bench) == "STALE")
        done = n_complete(bench)
        again = start(bench, "resume", environ=running.environ)
        wait_for(lambda: n_complete(bench) > done + 1)
        assert session_state(bench) == "RUNNING", "a pause of the process before is forgotten"
        command(bench, "pause")
        wait_for(lambda: is_paused(bench), 5)
        again.terminate()
        again.communicate(timeout=30)
    assert again.returncode == 130
    assert (session_state(bench), lit_mw(bench.folder)) == ("STOPPED", 0.0)
    assert bench.events()[-1] == "park"


def test_a_stop_of_a_session_that_has_ended_is_refused(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.run(trials=1)
    assert run(["pause", "--db", bench.url]) == 2
    assert "does not run, it is COMPLETE" in capsys.readouterr().err


def test_it_pauses_by_itself_after_failures_in_a_row(bench: Bench) -> None:
    with a_session(bench, "failures_in_a_row = 2") as running:
        wait_for(lambda: n_complete(bench) >= 1)
        ask_for(bench.folder, "camera capture fails")
        wait_for(lambda: is_paused(bench))
        assert bench.states()[-3:] == ["COMPLETE", "FAILED", "FAILED"]
        assert lit_mw(bench.folder) == 0.0
        with bench.database() as database:
            assert "2 trials in a row failed" in database.session("last").reason
        (bench.folder / "camera capture fails").unlink()
        done = n_complete(bench)
        command(bench, "continue")
        wait_for(lambda: n_complete(bench) > done)
        command(bench, "stop")
        running.process.communicate(timeout=30)


def test_a_pause_that_nobody_ends_ends_the_session(bench: Bench) -> None:
    ask_for(bench.folder, "camera capture fails")
    with a_session(bench, "failures_in_a_row = 1\ntimeout_s = 1") as running:
        running.process.communicate(timeout=60)
    with bench.database() as database:
        record = database.session("last")
    assert (record.state, lit_mw(bench.folder)) == ("STOPPED", 0.0)
    assert record.reason.startswith("nobody let it go on within 1 s: 1 trials in a row failed")
    assert running.process.returncode == 130


def test_without_a_session_there_is_nothing_to_pause(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["pause", "--db", bench.url]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    with pytest.raises(HilError):
        bench.database()
