"""A trial as a person sees it: what won, what failed, and why."""

from __future__ import annotations

import math

from hil.notebook.trials import MeasuredTrial
from hil.records.trial import TrialState

GOOD = MeasuredTrial(
    "a" * 32, 3, TrialState.COMPLETE, "", 1.5, 1.4, 1.6, {"bits_per_pixel": 1.5},
    {"Z.<b>": 2.0}, {"snr": 7.0}, {"saturated_share": -0.001}, ("one_scene",),
)  # fmt: skip


def changed(**changes: object) -> MeasuredTrial:
    fields = {name: getattr(GOOD, name) for name in MeasuredTrial.__dataclass_fields__}
    return MeasuredTrial(**(fields | changes))  # type: ignore[arg-type]


def test_it_may_win_where_it_is_complete_and_keeps_its_constraints() -> None:
    assert GOOD.feasible
    assert not changed(constraints={"dose_mj": 0.1}).feasible
    assert not changed(state=TrialState.FAILED).feasible


def test_a_notebook_shows_its_numbers_as_text() -> None:
    page = GOOD._repr_html_()
    for said in ("trial 3", "1.5", "1.4 to 1.6", "metric.snr", "Z.&lt;b&gt;", "one_scene"):
        assert said in page
    assert "breaks" not in page


def test_one_that_failed_says_why() -> None:
    failed = changed(
        state=TrialState.FAILED, reason="<late>", objective=math.nan, ci_low=math.nan, objectives={}
    )
    assert "FAILED: &lt;late&gt;" in failed._repr_html_()
    assert "dose_mj" in changed(constraints={"dose_mj": 0.1})._repr_html_()
