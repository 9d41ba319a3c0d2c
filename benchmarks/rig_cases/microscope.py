"""`sim.microscope`, fluorescence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.table import Row

EXAMPLE = Path(__file__).parents[2] / "examples" / "microscope" / "session.toml"


def rows(quick: bool) -> Iterator[Row]:
    """Measure; times are in ``benchmarks/simulator.py``."""
    points = 3 if quick else 7
    yield from optuna_against_scan(EXAMPLE, points, trials=12 if quick else 60)
