"""A study for other programs holds every trial, whatever a table or a function came to."""

from __future__ import annotations

import math
from pathlib import Path

import optuna
import pytest

from hil.errors import InputError
from hil.proposer.export import write_study
from hil.records.trial import TrialRow, TrialState

RANGE = (
    '{"name": "FloatDistribution", "attributes":'
    ' {"step": null, "low": -1.0, "high": 1.0, "log": false}}'
)


def row(number: int, place: float, value: float) -> TrialRow:
    return TrialRow(
        number, TrialState.COMPLETE, "search", {"z": place, "x": 0.5}, {"z": RANGE, "x": RANGE},
        {}, (value, 1.0), {}, {}, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value"), [(0.5, math.nan), (0.5, math.inf), (2.0, 1.0), (math.nan, 1.0)], ids=str
)
def test_what_optuna_refuses_is_a_failed_trial_with_the_rest(
    tmp_path: Path, place: float, value: float
) -> None:
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    rows = [row(0, 0.1, 0.5), row(1, place, value), row(2, 0.2, 0.7)]
    write_study(url, "night", rows, ("bits_per_pixel", "cost"))
    trials = optuna.load_study(study_name="night", storage=url).trials
    assert [trial.state.name for trial in trials] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert trials[1].user_attrs["state"] == "COMPLETE", "as it is in the database"
    assert trials[1].params["x"] == 0.5
    assert trials[2].values == [0.7, 1.0]


@pytest.mark.parametrize("url", ["/tmp/optuna", "optuna.db", "sqlite:////no/such/folder/x.db", ""])
def test_what_is_no_storage_is_told_with_what_would_be_one(url: str) -> None:
    with pytest.raises(InputError, match=r"--optuna: cannot be used .*sqlite:///optuna\.db say"):
        write_study(url, "night", [row(0, 0.1, 0.5)], ("bits_per_pixel", "cost"))
