"""The figure: a panel a quantity, with a verdict on each."""

from __future__ import annotations

from hil.report.passport.figure import draw
from hil.report.passport.series import passport
from hil.store import Database
from tests.hil.report.conftest import database
from tests.hil.report.passport.laboratory import calibrate, measure, week

__all__ = ["database"]


def test_each_quantity_has_a_panel(database: Database) -> None:
    for number in range(6):
        measure(database, week(number), 1 - 0.1 * number)
    calibrate(database, week(0), 1.6, "c" * 32)
    for when in (None, week(3).date()):
        figure = draw(passport(database, "scope", when), when)
        titles = [axis.get_title(loc="left") for axis in figure.axes]
        assert titles[0] == "information: worse"
        assert len(titles) == 5
        assert "read noise: too few days" in titles
    assert "nothing was measured" in draw([]).axes[0].texts[0].get_text()
