"""Sessions to draw: an ordinary one, and what is hostile, empty, partial or of two objectives."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.records.estimate import Assessment, Estimate
from hil.records.frames import FieldFrames
from hil.records.trial import Proposal, TrialState
from hil.store import Database, NewSession, open_database

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A second passes each time that the time of day is asked for."""

    def __init__(self) -> None:
        self.time = AT

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'hil.db'}"
    with open_database(url, frames=tmp_path / "frames", create=True) as opened:
        yield opened


def distribution(low: float, high: float) -> str:
    return (
        '{"name": "FloatDistribution", "attributes":'
        f' {{"step": null, "low": {low}, "high": {high}, "log": false}}}}'
    )


@pytest.fixture
def measured(database: Database) -> Callable[..., str]:
    """Make a session of trials: the best at x = 3, whatever y is; the first far off."""

    def make(
        n: int = 12,
        names: tuple[str, str] = ("stage.x_um", "stage.y_um"),
        objectives: tuple[str, ...] = ("bits_per_pixel",),
        fields: Callable[[int], list[int]] = lambda number: [0, 1, 2],
        frames: bool = True,
        value: Callable[[int, float], float] = lambda _, x: 2.0 - 0.01 * (x - 3) ** 2,
        place: Callable[[int, float], float] = lambda _, x: x,
        **changes: Any,
    ) -> str:
        clock = Clock()
        known: dict[str, Any] = {
            "name": "night",
            "rig": "scope",
            "session_text": 'name = "night"\n',
            "rig_text": 'name = "scope"\n',
            "versions": {"hil": "0.1.0"},
            "seed": 1,
            "n_trials": n,
            "objectives": objectives,
            "estimator": "predictive",
            "at": AT,
        }
        key = database.create_session(NewSession(**(known | changes)))
        rng = np.random.default_rng(0)
        with database.store(key, controller="scope", clock=clock) as store:
            for number in range(n):
                x, y = rng.uniform(-10, 10, 2)
                x = place(number, -9.0 if number == 0 else x)
                settings = {names[0]: float(x), names[1]: float(y)}
                held = dict.fromkeys(names, distribution(-10, 10))
                trial = store.propose(
                    lambda *_, settings=settings, held=held: Proposal("search", settings, held)
                )
                if number % 5 == 4:
                    store.finish(trial, TrialState.FAILED, clock.now(), "<b>late</b> & lost")
                    continue
                store.applied(trial, clock.now(), settings)
                for field in fields(number):
                    pixels = rng.integers(0, 4096, (1, 16, 12)).astype(np.uint16)
                    store.frames(trial, FieldFrames(field, pixels, 10.0, 4095, AT))
                store.captured(trial, clock.now(), device_s=0.5)
                bits = value(number, x)
                values = dict(zip(objectives, (bits, float(y)), strict=False))
                store.estimated(trial, clock.now(), assessed(bits, fields(number), values))
                store.finish(trial, TrialState.COMPLETE, clock.now())
        if not frames:
            shutil.rmtree(database.frames_folder, ignore_errors=True)
        return key

    return make


def assessed(bits: float, fields: list[int], values: dict[str, float]) -> Assessment:
    details = {"per_field_bits": [bits + 0.1 * field for field in fields], "fields": fields}
    estimate = Estimate(
        bits, bits - 0.01, bits + 0.01, 3.0, 2.0, "predictive", 96, 3, 0.01, (), details
    )
    return Assessment(estimate, values, {})
