"""Ranges changed when a session goes on."""

from __future__ import annotations

import pytest

from hil.errors import InputError
from hil.session.knowledge.new_ranges import read_ranges
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION


def test_words_become_ranges() -> None:
    assert read_ranges(["mirror.z5_nm=-50..50", "focus.z_um = 0..1e-1"]) == {
        "mirror.z5_nm": (-50, 50),
        "focus.z_um": (0, 0.1),
    }


@pytest.mark.parametrize(
    "word", ["mirror.z5_nm", "=-1..1", "a.b=1", "a.b=1..", "a.b=x..2", "a.b=0..inf", "a.b=0...1..2"]
)
def test_what_is_no_range(word: str) -> None:
    with pytest.raises(InputError, match=r"allowed: setting=low\.\.high") as told:
        read_ranges([word])
    assert word in str(told.value)


def test_a_session_goes_on_in_other_ranges_and_keeps_them(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace('"random"', '"tpe"\nstartup_trials = 2'))
    bench.run(trials=4)
    bench.resume(trials=6, search=["mirror.z5_nm=20..40"])
    bench.resume(trials=7)
    with bench.database() as database:
        z5 = [float(row.requested["mirror.z5_nm"]) for row in database.rows("last")]
    assert not all(20 <= value <= 40 for value in z5[:4])
    assert all(20 <= value <= 40 for value in z5[4:])
    kinds, details = bench.details()
    assert details[kinds.index("search_changed")]["ranges"] == {"mirror.z5_nm": [20, 40]}


def test_ranges_that_cannot_be_are_refused_in_one_line(bench: Bench) -> None:
    bench.run(trials=1)
    for word, said in {
        "mirror.z9_nm=0..1": "not searched, allowed: focus.z_um, mirror.z5_nm",
        "nothing.at_all=0..1": "nothing.at_all: ",
        "focus.z_um=-1..9e9": "focus.z_um=-1..9e+09: allowed: from -",
        "focus.z_um=1..-1": "low = 1 is above high = -1",
    }.items():
        with pytest.raises(InputError) as told:
            bench.resume(trials=2, search=[word])
        assert said in str(told.value)
        assert str(told.value).startswith("--search: ")
    with pytest.raises(InputError, match="the session is COMPLETE, add --trials to go on"):
        bench.resume(search=["focus.z_um=0..1"])
    assert "search_changed" not in bench.events()
