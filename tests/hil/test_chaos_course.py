"""Who looks on sees how far a night of `benchmarks/chaos.py` is, and may end it."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, terminals, SIGKILL")

if sys.platform != "win32":
    from benchmarks import chaos, chaos_ends, chaos_night
    from benchmarks.chaos_course import SAY_EVERY_S, Course, TimeIsUp
    from benchmarks.chaos_night import Broken, ChaosRow


class Time:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def course(time: Time, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Course:
    made = Course(said.append, time)
    for module in (chaos, chaos_ends, chaos_night):
        monkeypatch.setattr(module, "COURSE", made)
    return made


def part(time: Time, seconds: float = 1.0) -> Callable[[int, random.Random], list[ChaosRow]]:
    """Every third attempt does not hold; the ninth is cut off where it is."""

    def work(row: ChaosRow, i: int) -> float:
        time.now_s += seconds
        if i == 8:
            raise KeyboardInterrupt
        if i % 3 == 2:
            raise Broken("lit at the end")
        return float(i)

    def tried(n: int, _rng: random.Random) -> list[ChaosRow]:
        row = ChaosRow("planted")
        for i in range(n):
            row.attempt(f"case {i}", lambda i=i: work(row, i))  # type: ignore[misc]
        return [row]

    return tried


def run(monkeypatch: pytest.MonkeyPatch, time: Time, *arguments: str, seconds: float = 1.0) -> int:
    monkeypatch.setattr(chaos, "PARTS", {"planted": part(time, seconds)})
    monkeypatch.setattr(sys, "argv", ["chaos.py", *arguments])
    return chaos.main()


def test_it_is_said_as_it_goes(
    time: Time, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, time, "8", seconds=SAY_EVERY_S / 2)
    assert said == [
        "planted: 2 of 2 survived, 10 s",
        "    case 2: lit at the end",
        "planted: 2 of 3 survived, 15 s",
        "planted: 4 of 5 survived, 25 s",
        "    case 5: lit at the end",
        "planted: 4 of 6 survived, 30 s",
        "planted: 6 of 8 survived, 40 s",
    ]


def test_a_part_ends_when_its_seconds_are_over(
    time: Time, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, time, "1000000", "--seconds", "5") == 1
    row = capsys.readouterr().out.splitlines()[1]
    assert row.split()[:3] == ["planted", "5", "4"]


def test_ctrl_c_leaves_what_there_is(
    time: Time, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, time, "1000000") == 130
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:3] == ["planted", "8", "6"]
    assert lines[-1].startswith("interrupted after")


def test_all_that_held(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, time, "2") == 0


def test_kills_that_have_had_their_seconds_make_no_night(course: Course, time: Time) -> None:
    course.begin_part(3.0)
    time.now_s = 3.0
    assert chaos_ends.kills(10**6, random.Random(1)).tried == 0
    with pytest.raises(TimeIsUp):
        ChaosRow("planted").attempt("case", lambda: 0.0)
