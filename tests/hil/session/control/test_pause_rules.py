"""When a session waits without being asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from hil.clock import SystemClock
from hil.ranking.drift import Drift
from hil.records.request import Wish, ask
from hil.records.session import Snapshot
from hil.records.trial import TrialKind, TrialState
from hil.session.control.pause_rules import PauseRules, TrialEnd
from hil.spec import Pause
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION


def end(
    kind: TrialKind = "search",
    state: TrialState = TrialState.FAILED,
    interlock: bool = False,
    failures: int = 1,
) -> TrialEnd:
    return TrialEnd(kind, state, "trial 3: the link dropped", interlock, failures)


@dataclass
class Case:
    name: str
    spec: Pause
    end: TrialEnd
    why: str


CASES = [
    Case("nothing asked for", Pause(), end(failures=99, interlock=True), ""),
    Case("too few failures", Pause(failures_in_a_row=3), end(failures=2), ""),
    Case(
        "failures",
        Pause(failures_in_a_row=2),
        end(failures=2),
        "2 trials in a row failed, the last one: trial 3: the link dropped",
    ),
    Case("interlock", Pause(interlock=True), end(interlock=True), "trial 3: the link dropped"),
    Case("another fault", Pause(interlock=True), end(), ""),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_waits_for_what_the_file_names(case: Case) -> None:
    assert PauseRules(case.spec, lambda: None).why(case.end) == case.why


def drift(bits: float, half_width: float) -> Drift:
    low, high = bits - half_width, bits + half_width
    return Drift("seconds", "line", 3, bits, low, high, 1.0, (0.0,))


def test_drift_beyond_the_bound_is_said_once() -> None:
    now = [drift(-0.05, 0.01)]
    rules = PauseRules(Pause(drift_bits=0.1), lambda: now[0])
    reference = end("reference", TrialState.COMPLETE, failures=0)
    assert rules.why(reference) == ""
    now[0] = drift(-0.2, 0.3)
    assert rules.why(reference) == "", "it may be chance"
    now[0] = drift(-0.2, math.nan)
    assert rules.why(reference) == "", "nobody knows whether it is chance"
    now[0] = drift(-0.2, 0.01)
    assert rules.why(end("search", TrialState.COMPLETE)) == "", "only references tell"
    assert "drifted by -0.2 bits per pixel, more than 0.1" in rules.why(reference)
    assert rules.why(reference) == "", "whoever let it go on has seen that"
    now[0] = drift(-0.35, 0.01)
    assert "(seen at -0.2)" in rules.why(reference)


class Person:
    """Looks at a session that waits, and lets it go on."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.seen: list[tuple[str, int]] = []

    def look(self, snapshot: Snapshot) -> None:
        if not snapshot.note.startswith("PAUSED: "):
            return
        with self.bench.database() as database:
            key = database.session("last").id
            self.seen.append((snapshot.note, len(database.rows(key))))
            database.request(key, ask(Wish.CONTINUE, ""), SystemClock().now())

    def check_all_waits_ended(self) -> None:
        events = self.bench.events()
        assert events.count("paused") == events.count("continued") == len(self.seen) > 0


def test_a_session_waits_by_itself_when_an_interlock_opens(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    session = SESSION.replace("focus.z_um", "light.power_mw").replace("low = -1\n", "low = 0.5\n")
    bench.write(
        RIG + '\n[[interlock]]\nsetting = "light.power_mw"\nhigh = 1.2\n',
        session.replace("high = 1\n", "high = 2\n")
        + "[pause]\ninterlock = true\n[constraints]\nmax_dose_mj = 1e3\n[stop]\nfailures_in_a_row = 6\n",
    )
    person = Person(bench)
    bench.run(observer=person.look)
    states = bench.states()
    struck = [number for number, state in enumerate(states) if state == "FAILED"]
    assert len(states) == 6
    assert 0 < len(struck) < 6
    for (note, n_trials), number in zip(person.seen, struck, strict=True):
        assert note.startswith(f"PAUSED: trial {number}: interlock: light.power_mw = ")
        assert n_trials == number + 1, "no trial began before somebody said so"
    person.check_all_waits_ended()


def test_a_session_waits_by_itself_when_the_reference_has_drifted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    rig = RIG.replace("scene_um = 60", "scene_um = 60\nbleaching = true\nbleaching_dose_uj = 200")
    session = SESSION.replace("trials = 6", "trials = 9")
    reference = "[reference]\nevery = 2\n"
    bench.write(rig, session + reference + "[pause]\ndrift_bits = 0.03\n")
    person = Person(bench)
    result = bench.run(observer=person.look)
    assert result.state == "COMPLETE"
    assert bench.states() == ["COMPLETE"] * 9
    assert "the reference has drifted by -0." in person.seen[0][0]
    assert "more than 0.03" in person.seen[0][0]
    with bench.database() as database:
        kinds = [row.kind for row in database.rows("last")]
    assert {kinds[n - 1] for _, n in person.seen} == {"reference"}
    for note, _ in person.seen[1:]:
        assert "(seen at -" in note, "what a person has seen is no reason any more"
    person.check_all_waits_ended()

    bench.write(rig, session + reference + "[pause]\ndrift_bits = 50\n")
    calm = Person(bench)
    bench.run(observer=calm.look)
    assert calm.seen == []
