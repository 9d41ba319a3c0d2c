"""Blank fields in sessions from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

import hil
from tests.hil.session_bench import run_files as run
from tests.hil.session_bench import url
from tests.hil.small_session import RIG, SESSION


def with_blank(blank: str, objective: str = "minus_blank = true") -> str:
    text = SESSION.replace("repeats = 2", f"repeats = 2\nblank = {blank}")
    return f'{text}\n[objective]\nmaximize = "bits_per_pixel"\n{objective}\n'


@pytest.mark.parametrize(
    ("blank", "n_blanks"),
    [
        ('{ set = { "light.power_mw" = 0.0 } }', 4),
        ('{ fields = [{ "light.power_mw" = 0.0 }] }', 1),
    ],
    ids=["set", "fields"],
)
def test_the_information_of_blank_fields_is_taken_off(
    blank: str, n_blanks: int, tmp_path: Path
) -> None:
    result = run(tmp_path, RIG, with_blank(blank), trials=2)
    assert result.n_complete == 2
    with hil.open_database(url(tmp_path)) as database:
        trials = database.trials("last", sort="number")
        estimates = database.estimates("last")
        frames = database.frames("last", 1)
    assert frames.shape == (4 + n_blanks, 2, 64, 64)
    assert list(trials["n_frames"]) == [8 + 2 * n_blanks] * 2
    assert frames[4:].mean() == pytest.approx(100, abs=1), "dark"
    assert frames[:4].mean() > 110, "and lit again for the second trial"
    for trial, estimate in zip(trials.itertuples(), estimates.itertuples(), strict=True):
        found = estimate.details["blank"]
        assert abs(found["bits_per_pixel"]) < 0.05
        less = estimate.bits_per_pixel - found["bits_per_pixel"]
        assert trial.objective == pytest.approx(less)
        assert trial.ci_high - trial.ci_low >= estimate.ci_high - estimate.ci_low


def test_blanks_are_only_recorded_unless_they_are_to_be_taken_off(tmp_path: Path) -> None:
    run(tmp_path, RIG, with_blank('{ set = { "light.power_mw" = 0.0 } }', ""), trials=1)
    with hil.open_database(url(tmp_path)) as database:
        estimate = database.estimates("last").iloc[0]
        assert database.trials("last")["objective"][0] == estimate["bits_per_pixel"]
    assert "blank" in estimate["details"]
