"""Sessions that search with a part of the fields of view, and decide with all of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from hil.cli.runs import summarise
from hil.errors import InputError
from hil.records.session import Snapshot
from hil.supervision.stop import StopSwitch
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

GRID = "grid = { columns = 2, rows = 2, step_um = 10 }\n"
AUTO = SESSION.replace('kind = "random"', 'kind = "auto"').replace("trials = 6", "trials = 14")
NEEDED = AUTO.replace(GRID, GRID + 'fields = "as needed"\n')


@pytest.fixture
def needed(bench: Bench) -> Bench:
    bench.write(RIG, NEEDED)
    return bench


def test_few_fields_search_and_all_decide(
    needed: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    result = needed.run()
    assert (result.state, result.n_complete) == ("COMPLETE", 14)
    with needed.database() as database:
        rows = database.rows("last")
        trials = database.trials("last")
        shapes = [database.frames("last", row.number).shape[:2] for row in rows]
        events = database.events("last")
        listed = database.sessions(where=["winner_probability > 0"])
    kinds = [row.kind for row in rows]
    assert kinds == ["start", *["search"] * 10, *["again"] * 3]
    assert shapes == [(1, 2)] * 11 + [(4, 2)] * 3
    assert list(trials["n_frames"]) == [n * repeats for n, repeats in shapes]
    assert all(len(row.fields) == 1 for row in rows[:11])
    assert all(row.fields == () for row in rows[11:])
    measured = [row.measured for row in rows]
    assert measured[0] is not None
    assert measured[0].fields == rows[0].fields
    assert measured[11] is not None
    assert len(measured[11].field_bits) == 4
    again = {frozenset(row.requested.items()) for row in rows[11:]}
    assert len(again) == 3, "three settings, each with fresh frames"
    assert result.best is not None
    assert frozenset(result.best_settings.items()) in again
    assert result.best.objective == max(row.objectives[0] for row in rows[11:] if row.objectives)
    winner = result.winner
    assert winner is not None
    assert (winner.number, winner.n_compared, winner.n_measured) == (result.best.number, 3, 1)
    assert events[events["kind"] == "winner"]["detail"].iloc[-1] == dict(winner.to_json())
    assert listed["winner"].iloc[0] == winner.number
    assert listed["winner_low"].iloc[0] == pytest.approx(winner.ci_low)
    summarise(result)
    said = capsys.readouterr().out
    assert f"best      trial {winner.number}: {winner.objective:.4f}" in said
    assert "winner    the best of 3 leaders with probability" in said


def test_a_trial_goes_on_where_that_decides_something(needed: Bench) -> None:
    longer = NEEDED.replace("trials = 14", "trials = 20")
    needed.write(RIG, longer.replace('needed"\n', 'needed"\nmax_fields = 3\n'))
    needed.run()
    with needed.database() as database:
        rows = database.rows("last")
        trials = database.trials("last", sort="number")
        taken = [database.frames("last", row.number).shape[0] for row in rows]
    assert taken[:5] == [1] * 5, "the star is no contest"
    assert taken[-3:] == [4] * 3
    assert set(taken[5:-3]) <= {1, 2, 3}
    assert max(taken[5:-3]) > 1, "what only tells of the top ends early; what may be it does not"
    for row, n_fields, reason in zip(rows, taken, trials["reason"], strict=True):
        if "hil:further" in row.sampler_attrs:
            assert reason.startswith(f"{n_fields} of "), "the row says what it spent, and why"
            assert row.measured is not None
            assert row.charged_fields == row.measured.fields
            assert len(row.charged_fields) == n_fields


def test_it_goes_on_where_it_was(needed: Bench) -> None:
    needed.run()
    with needed.database() as database:
        whole = database.rows("last")
    needed.write(RIG, NEEDED.replace("trials = 14", "trials = 6"))
    needed.run()
    with needed.database() as database:
        assert all(row.kind != "again" for row in database.rows("last")), "too few for leaders"
    needed.resume(trials=14)
    with needed.database() as database:
        found = database.rows("last")
    # the simulator's noise begins anew: from the seventh on values are others, and so proposals
    assert [row.requested for row in found[:6]] == [row.requested for row in whole[:6]]
    assert [(row.kind, row.fields) for row in found] == [(row.kind, row.fields) for row in whole]


def test_the_next_field_comes_after_a_good_while(needed: Bench) -> None:
    needed.write(RIG, NEEDED.replace("trials = 14", "trials = 30"))
    needed.run()
    with needed.database() as database:
        taken = [row.fields for row in database.rows("last") if row.kind != "again"]
    assert len(set(taken[:12])) == 1  # four times the star of two axes
    assert len(set(taken)) == 3
    assert taken[12] != taken[11]


def test_leaders_that_are_told_apart_are_not_measured_on(needed: Bench) -> None:
    text = NEEDED.replace("trials = 14", "trials = 24")
    needed.write(RIG, text + "\n[finish]\nremeasure = 15\nconfidence = 0.6\n")
    result = needed.run()
    with needed.database() as database:
        again = [row for row in database.rows("last") if row.kind == "again"]
    assert 3 <= len(again) < 15
    assert result.winner is not None
    assert "leaders" in result.reason
    assert result.winner.decided or "nothing more" in result.reason


def test_finals_go_on_where_they_were_interrupted(needed: Bench) -> None:
    """A stop while the second leader is measured: it is asked for again, and not counted."""
    stop = StopSwitch()

    def press(snapshot: Snapshot) -> None:
        if snapshot.number == 12 and snapshot.field:
            stop.press("enough")

    needed.run(observer=press, stop=stop)
    needed.resume()
    with needed.database() as database:
        rows = database.rows("last")
    again = [row for row in rows if row.kind == "again"]
    assert [str(row.state) for row in again] == ["COMPLETE", "ABORTED", "COMPLETE", "COMPLETE"]
    assert again[2].requested == again[1].requested
    assert len({frozenset(row.requested.items()) for row in again}) == 3


@pytest.mark.parametrize("frames", [8, 21])
def test_a_budget_of_frames_is_kept_exactly(frames: int, needed: Bench) -> None:
    needed.write(RIG, NEEDED + f"\n[stop]\nframes = {frames}\n")
    result = needed.run()
    with needed.database() as database:
        spent = int(database.trials("last")["n_frames"].sum())
    assert spent == frames - frames % 2
    assert f"exceed {frames} frames" in result.reason


def test_a_search_with_nothing_left_to_gain_ends_with_its_leaders(needed: Bench) -> None:
    needed.write(RIG, NEEDED.replace("trials = 14", "trials = 60") + "\n[stop]\ngain = 5.0\n")
    result = needed.run()
    with needed.database() as database:
        kinds = [row.kind for row in database.rows("last")]
    assert "less than 5 is expected" in result.reason
    assert kinds[-3:] == ["again"] * 3
    assert kinds.count("again") <= 8
    assert len(kinds) < 25


class Refused(NamedTuple):
    name: str
    session: str
    says: str


REFUSED = [
    Refused("no grid", AUTO.replace(GRID, 'fields = "as needed"\n'), "takes its fields from a grid"),
    Refused("too many", NEEDED.replace('needed"\n', 'needed"\nmin_fields = 9\n'), "allowed: 1 to 4"),
    Refused("most above all", NEEDED.replace('needed"\n', 'needed"\nmax_fields = 5\n'), "allowed: 1 to 4"),
    Refused("most below least", NEEDED.replace('needed"\n', 'needed"\nmin_fields = 3\nmax_fields = 2\n'), "allowed: 3 to 4"),
    Refused("max alone", AUTO.replace(GRID, GRID + "max_fields = 2\n"), "max_fields: only with"),
    Refused("no confidence", SESSION + "\n[finish]\nconfidence = 1.0\n", "finish.confidence"),
    Refused("min alone", AUTO.replace(GRID, GRID + "min_fields = 2\n"), "min_fields: only with"),
    Refused("a design", NEEDED.replace('"auto"', '"qmc"'), "is not for a design"),
    Refused("gain without a model", SESSION + "\n[stop]\ngain = 1.0\n", "allowed: auto"),
    Refused("another word", AUTO.replace(GRID, GRID + 'fields = "some"\n'), "measure.fields"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_cannot_be_is_refused(case: Refused, bench: Bench) -> None:
    bench.write(RIG, case.session)
    with pytest.raises(InputError, match=case.says):
        bench.run()


def test_fields_that_differ_do_not_mislead(bench: Bench) -> None:
    """All fields in every trial and one of them: both find the focus."""
    found = []
    for session in (AUTO, NEEDED):
        bench.write(RIG, session.replace("trials = 14", "trials = 24"))
        found.append(bench.run().best_settings["focus.z_um"])
    assert np.ptp(np.array(found, dtype=float)) < 0.5
