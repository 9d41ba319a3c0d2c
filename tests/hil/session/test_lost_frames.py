"""Frames that are deleted while a session runs are missed then, by the trial and in an event."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from hil.records.session import Snapshot
from tests.hil.session_bench import Bench


def when(number: int, state: str, do: Callable[[], object]) -> Callable[[Snapshot], None]:
    """Do something once a trial has come so far."""
    done: list[int] = []

    def observe(snapshot: Snapshot) -> None:
        if not done and snapshot.number == number and snapshot.state == state:
            done.append(number)
            do()

    return observe


def arrays(bench: Bench) -> list[str]:
    return sorted(path.name for path in bench.folder.glob("hil-frames/*/0*"))


def remove(bench: Bench, *names: str) -> None:
    for name in names:
        (path,) = bench.folder.glob(f"hil-frames/*/{name}")
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def lost(bench: Bench) -> list[list[int]]:
    kinds, details = bench.details()
    return [
        said["trials"] for kind, said in zip(kinds, details, strict=True) if kind == "frames_lost"
    ]


def tagged(bench: Bench) -> list[int]:
    with bench.database() as database:
        trials = database.trials("last", sort="number")
    return [number for number, tags in enumerate(trials["tags"]) if "frames-lost" in tags]


def test_earlier_trials_say_so_by_the_next_one(bench: Bench) -> None:
    result = bench.run(
        observer=when(3, "COMPLETE", lambda: remove(bench, "000001", "000002/0/c.0.0.0.0"))
    )
    assert result.state == "COMPLETE"
    assert lost(bench) == [[1, 2]]
    assert tagged(bench) == [1, 2]
    assert bench.states() == ["COMPLETE"] * 6


def test_the_trial_in_work_fails_and_the_session_goes_on(bench: Bench) -> None:
    bench.run(observer=when(2, "CAPTURED", lambda: remove(bench, "000002")))
    assert bench.states() == ["COMPLETE"] * 2 + ["FAILED"] + ["COMPLETE"] * 3
    with bench.database() as database:
        reasons = list(database.trials("last", sort="number")["reason"])
    assert "the frames of trial 2 are gone from" in reasons[2]


def test_a_field_that_goes_while_the_others_are_taken_fails_its_trial(bench: Bench) -> None:
    def observe(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.field == 4 and snapshot.state == "APPLIED":
            for path in sorted(bench.folder.glob("hil-frames/*/000002/0/c.*"))[:1]:
                path.unlink()

    bench.run(observer=observe)
    assert bench.states() == ["COMPLETE"] * 2 + ["FAILED"] + ["COMPLETE"] * 3


def test_the_whole_folder_is_missed_though_it_is_made_anew(bench: Bench) -> None:
    bench.run(observer=when(3, "COMPLETE", lambda: shutil.rmtree(bench.folder / "hil-frames")))
    assert lost(bench) == [[0, 1, 2, 3]]
    assert arrays(bench) == ["000004", "000005"]


def test_what_goes_during_the_last_trial_is_missed_at_the_end(bench: Bench) -> None:
    bench.run(observer=when(5, "COMPLETE", lambda: remove(bench, "000005")))
    assert lost(bench) == [[5]]


def test_frames_of_before_a_resume_are_watched_too(bench: Bench) -> None:
    bench.run(trials=2)
    remove(bench, "000000")  # between two runs: `hil db verify` finds it
    bench.resume(trials=4, observer=when(2, "COMPLETE", lambda: remove(bench, "000001")))
    assert lost(bench) == [[1]]
