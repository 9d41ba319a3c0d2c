"""A shorter form of the rows of `benchmarks/chaos.py` that no other test has: one case of each."""

from __future__ import annotations

import random
import signal
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, terminals, SIGKILL")

if sys.platform != "win32":
    from benchmarks import (
        chaos_cells,
        chaos_ends,
        chaos_files,
        chaos_hangs,
        chaos_instants,
        chaos_stores,
    )
    from benchmarks.chaos_night import ChaosRow


@pytest.fixture(autouse=True)
def on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast it goes dark is for the benchmark; here, that it does before any patience ends."""
    for owner, name in (
        (chaos_ends, "DARK_AFTER_KILL_S"),
        (chaos_ends, "DARK_AFTER_STOP_S"),
        (chaos_stores, "DARK_AFTER_S"),
    ):
        monkeypatch.setattr(owner, name, 15.0)


def check(*rows: ChaosRow) -> None:
    for row in rows:
        assert row.tried, row
        assert row.survived == row.tried, str(row)
        assert not row.problems, str(row)


@pytest.mark.parametrize("ignored", [False, True], ids=["closed", "nohup"])
def test_a_terminal_that_closes(ignored: bool) -> None:
    chaos_ends.terminal(random.Random(1), ignored=ignored)


def test_ctrl_c_ten_times() -> None:
    chaos_ends.signalled(chaos_ends.SIGNALS["Ctrl-C, ten times"], random.Random(1))


def test_terminated_while_drivers_are_opened() -> None:
    """Before anything moves: devices that are open are closed all the same, and status 130."""
    chaos_instants.struck_at("measure", "drivers open", signal.SIGTERM, after=False)


@pytest.mark.parametrize("part", ["sampler", "store (finish)"])
def test_an_exception_that_is_none_of_ours(part: str) -> None:
    check(chaos_ends.exception(part, 1, random.Random(1)))


@pytest.mark.parametrize("call", ["microscope open", "stage stop"])
def test_a_call_that_hangs(call: str) -> None:
    chaos_hangs.hang(call, "trial")


def test_a_disk_that_is_full() -> None:
    chaos_stores.frames_full(9)


def test_a_database_that_is_full() -> None:
    chaos_stores.database_full(9, rest_s=3.0)


def test_a_server_that_is_frozen() -> None:
    check(*chaos_stores.servers(1, random.Random(1), away_s=8.0, only=("frozen",)))


def test_mutated_files_and_doctored_rows() -> None:
    check(
        *chaos_files.texts(6, random.Random(1)),
        *chaos_files.frames(20, random.Random(1)),
        *chaos_files.databases(3, random.Random(1)),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> chaos_cells.Whole:
    return chaos_cells.Whole(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("read", chaos_cells.READS[:3], ids=lambda read: read[0])
def test_a_cell_that_holds_what_hil_never_wrote(
    whole: chaos_cells.Whole, read: tuple[str, ...]
) -> None:
    for table, column, _ in whole.columns:
        for value in ("null", b"\x80\x04\xff"):
            whole.tried(table, column, value, read)


def test_a_few_cells_before_whatever_reads() -> None:
    check(*chaos_cells.cells(20, random.Random(3)))
