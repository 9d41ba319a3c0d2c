"""Metrics against information: what is drawn, and where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hil.report.material import material_of
from hil.report.metrics_figure import metric_names, metrics, rank_correlation
from hil.report.page import page
from hil.store import Database


def test_each_metric_has_a_panel_with_its_rank_correlation(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured(n=20))
    bits = material.estimates.set_index("number")["bits_per_pixel"]
    sharp = -1 / (bits.reindex(material.trials["number"]).to_numpy(dtype=float) + 5)
    own = {"metric.$sharp": sharp, "metric.none": np.nan, "metric.some": sharp}
    trials = material.trials.assign(**own)
    trials.loc[trials["number"] == 2, "metric.some"] = np.nan
    material = replace(material, trials=trials)
    assert metric_names(material) == ["metric.$sharp", "metric.some"]
    first, second, *_ = metrics(material).axes
    assert (first.get_xlabel(), first.get_title()) == ("$sharp", "rank correlation +1.00")
    points = [len(axis.collections[0].get_offsets()) for axis in (first, second)]
    assert points == [16, 15]
    assert "Metrics beside information" in page(material)


def test_a_session_without_any_says_how_to_ask_for_them(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured())
    (axis,) = metrics(material).axes
    assert "[[metric]]" in axis.texts[0].get_text()
    assert "Metrics beside information" not in page(material)


@pytest.mark.parametrize("y", [[1.0, 1, 1, 1, 1], [1.0, 2]])
def test_of_few_or_equal_values_no_correlation_is_told(y: list[float]) -> None:
    assert rank_correlation(np.arange(float(len(y))), np.array(y)) is None
