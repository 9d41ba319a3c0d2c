"""Trials that a person asks for while a session runs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from drivers.types import Value
from hil.cli.main import run
from hil.errors import InputError
from hil.records.request import Wish, ask
from hil.records.trial import Proposal, TrialRow, TrialState
from hil.session.control.enqueue import ENQUEUED, Enqueued, checked, searched_by
from hil.session.control.wishes import Wishes
from hil.supervision.stop import StopSwitch
from tests.hil.plain_scope import PLAIN_RIG
from tests.hil.planted_rig import plant
from tests.hil.session_bench import Bench, n_complete, start, wait_for
from tests.hil.small_session import SESSION

PAGE = Path(__file__).parents[4] / "docs" / "searching.md"


def distribution(name: str, **attributes: object) -> str:
    return json.dumps({"name": name, "attributes": attributes})


SEARCHED = {
    "focus.z_um": distribution("FloatDistribution", low=-1.0, high=1.0, step=None, log=False),
    "camera.gain": distribution("IntDistribution", low=1, high=8, step=1, log=False),
    "stage.z_um": distribution("FloatDistribution", low=0.0, high=1.0, step=0.25, log=False),
    "wheel.filter": distribution("CategoricalDistribution", choices=["GFP", "DAPI", 3]),
}


def test_words_become_settings() -> None:
    words = ["focus.z_um=-0.5", "camera.gain = 4", "wheel.filter=3", "stage.z_um=0.75"]
    found = checked(words, SEARCHED)
    assert found == {
        "focus.z_um": -0.5,
        "camera.gain": 4,
        "wheel.filter": 3,
        "stage.z_um": 0.75,
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["focus.z_um"], "allowed: setting=value"),
        (["focus.z_um=1.5"], "focus.z_um: 1.5, allowed: from -1 to 1"),
        (["focus.z_um=nan"], "focus.z_um: nan, allowed: from -1 to 1"),
        (["focus.z_um=high"], "'high', allowed: a number from -1 to 1"),
        (["camera.gain=2.5"], "'2.5', allowed: an integer from 1 to 8"),
        (["stage.z_um=0.3"], "0.3, allowed: 0 and every 0.25 from there"),
        (["wheel.filter=Cy5"], "'Cy5', allowed: GFP, DAPI, 3"),
        (["lamp.power_mw=1"], "lamp.power_mw: not searched, allowed: camera.gain, focus.z_um"),
        (["focus.z_um=0", "focus.z_um=1"], "named twice"),
        ([], "allowed: one setting=value or more"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(words: list[str], said: str) -> None:
    with pytest.raises(InputError) as told:
        checked(words, SEARCHED)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_a_session_that_does_not_search() -> None:
    with pytest.raises(InputError, match="does not search, or has no trial yet"):
        checked(["focus.z_um=0"], searched_by([]))


class Sampler:
    """A proposer of zeros."""

    def searched(self) -> Mapping[str, str]:
        return SEARCHED

    def propose(
        self, rows: Sequence[TrialRow], study_attrs: Mapping[str, Any], number: int
    ) -> Proposal:
        return Proposal("search", dict.fromkeys(SEARCHED, 0))

    def given(
        self, settings: Mapping[str, Value], number: int, attrs: Mapping[str, Any]
    ) -> Proposal:
        return Proposal("search", settings, sampler_attrs=attrs)


def as_row(number: int, proposal: Proposal, value: float, state: TrialState) -> TrialRow:
    return TrialRow(
        number,
        state,
        proposal.kind,
        proposal.requested,
        {},
        proposal.sampler_attrs,
        (value,) if state is TrialState.COMPLETE else None,
        {},
        {},
    )


def test_each_is_taken_once_and_again_if_it_was_interrupted() -> None:
    wishes = Wishes(StopSwitch())
    proposer = Enqueued(Sampler(), wishes, dict.fromkeys(SEARCHED, 7))
    first = ask(Wish.ENQUEUE, "a hunch", settings={"focus.z_um": 0.5, "lamp.power_mw": 9.0})
    second = ask(Wish.ENQUEUE, "", settings={"camera.gain": 2})
    wishes.obey([second, first])
    rows: list[TrialRow] = []
    for state in (TrialState.STALE, TrialState.COMPLETE, TrialState.COMPLETE, TrialState.COMPLETE):
        proposal = proposer.propose(rows, {}, len(rows))
        rows.append(as_row(len(rows), proposal, float(len(rows)), state))
    asked_by = [row.sampler_attrs.get(ENQUEUED, {}).get("request") for row in rows]
    assert asked_by == [first.id, first.id, second.id, None]
    assert rows[0].requested == {**dict.fromkeys(SEARCHED, 7), "focus.z_um": 0.5}
    assert rows[2].requested == {**rows[1].requested, "camera.gain": 2}, "as in the best trial"
    assert rows[3].requested == dict.fromkeys(SEARCHED, 0)


def test_what_was_enqueued_before_a_session_went_on_is_still_measured() -> None:
    wishes = Wishes(StopSwitch())
    old = [ask(Wish.PAUSE, "old"), ask(Wish.ENQUEUE, "", settings={"camera.gain": 2})]
    wishes.forget(old)
    assert wishes.hold is None
    assert wishes.enqueued == old[1:]


def test_a_paused_session_measures_it_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(tmp_path)
    bench.write(PLAIN_RIG, SESSION.replace("trials = 6", "trials = 400"))
    process = start(bench, "run", "session.toml", environ=plant(bench.folder))
    try:
        wait_for(lambda: n_complete(bench) >= 1)
        here = ["last", "--db", bench.url]
        assert run(["pause", *here]) == 0
        wait_for(lambda: "paused" in bench.events())
        assert run(["enqueue", "last", "mirror.z5_nm=400", "--db", bench.url]) == 2
        assert "mirror.z5_nm: 400, allowed: from -100 to 100" in capsys.readouterr().err
        (line,) = re.findall(r"^hil (enqueue .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        assert run([*shlex.split(line), "--db", bench.url]) == 0
        assert "the next free trial measures mirror.z5_nm = 42.5" in capsys.readouterr().out
        before = len(bench.states())
        assert run(["continue", *here]) == 0
        wait_for(lambda: len(bench.states()) > before + 1)
        assert run(["stop", *here]) == 0
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    with bench.database() as database:
        rows = database.rows("last")
    (taken,) = [row for row in rows if ENQUEUED in row.sampler_attrs]
    assert taken.number in (before - 1, before)
    assert taken.requested["mirror.z5_nm"] == 42.5
    assert taken.sampler_attrs[ENQUEUED]["why"] == "as on Monday"
    assert "enqueued" in bench.events()
