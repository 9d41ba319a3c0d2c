"""Figures follow the session, but not at every trial."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hil.store import Database
from hil.web import live_figures
from hil.web.live_figures import LiveFigures


def test_a_figure_is_drawn_once_for_a_version(
    database: Database, measured: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(live_figures.time, "monotonic", lambda: now_s[0])
    figures = LiveFigures(database, measured(n=3))
    assert figures.version("3") == "3"
    first = figures.draw("history")
    assert "<svg" in first
    assert figures.draw("history") is first
    assert figures.version("4") == "3", "too soon"
    now_s[0] = 5000.0  # whatever the first drawing cost
    assert figures.version("4") == "4"
    assert figures.draw("history") is not first


def test_a_figure_without_a_page_is_drawn(database: Database, measured: Callable[..., str]) -> None:
    assert "no trial is complete" in LiveFigures(database, measured(n=0)).draw("slices")
