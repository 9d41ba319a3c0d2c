"""A database in which an instrument was measured for months."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hil.clock import Clock
from hil.records.estimate import Assessment, Estimate
from hil.records.frames import FieldFrames
from hil.records.trial import Proposal, TrialState
from hil.store import Database, NewCalibration, NewSession

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
FOUND = {"bits_per_pixel": 1.0, "ci_low": 0.9, "ci_high": 1.1, "noise_variance_ratio": 1.02}
SETTINGS = {"camera.exposure_ms": 10.0, "light.power_mw": 1.0}
TEXT = """[measure]
repeats = 2
fields = [{}]
[reference]
every = 5
"""


class At(Clock):
    """Stands at a moment."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def monotonic(self) -> float:
        return self.now().timestamp()


def week(number: float) -> datetime:
    return BEGIN + timedelta(weeks=number)


def measure(
    database: Database, at: datetime, bits: float, rig: str = "scope", **settings: float
) -> None:
    found = FOUND | {"bits_per_pixel": bits, "ci_low": bits - 0.1, "ci_high": bits + 0.1}
    detail = {"rig": rig, "found": found, "estimator": "predictive", "n_fields": 1, "repeats": 4}
    told = {**SETTINGS, **{f"camera.{name}": value for name, value in settings.items()}}
    database.event(None, "measured", at, {**detail, "settings": told})


def calibrate(database: Database, at: datetime, read_noise_e: float, key: str, **tied: Any) -> None:
    noise = {"kind": "camera", "gain_e_per_adu": 0.5, "gain_sd": 0.001, "offset_adu": 100.0,
             "read_noise_e": read_noise_e, "read_noise_sd": 0.01}  # fmt: skip
    text = 'name = "scope"\n'
    database.add_calibration(
        NewCalibration("scope", text, "camera", noise, {"tie": {"settings": tied}}, "", at, key)
    )


def session(
    database: Database, at: datetime, references: list[float], name: str = "night", **changes: Any
) -> str:
    known: dict[str, Any] = {
        "name": name, "rig": "scope", "session_text": TEXT, "rig_text": 'name = "scope"\n',
        "versions": {}, "seed": 1, "n_trials": len(references), "objectives": ("bits_per_pixel",),
        "estimator": "predictive", "at": at,
    }  # fmt: skip
    clock = At(at)
    key = database.create_session(NewSession(**(known | changes)))
    import numpy as np

    with database.store(key, controller="scope", clock=clock) as store:
        for bits in references:
            settings = {"focus.z_um": 0.0}
            trial = store.propose(lambda *_, settings=settings: Proposal("reference", settings, {}))
            store.applied(trial, clock.now(), settings)
            pixels = np.full((2, 4, 4), 7, np.uint16)
            store.frames(trial, FieldFrames(0, pixels, 10.0, 4095, clock.now()))
            store.captured(trial, clock.now(), 0.1)
            details = {"per_field_bits": [bits], "fields": [0]}
            estimate = Estimate(
                bits, bits - 0.05, bits + 0.05, 3.0, 2.0, "predictive", 9, 1, 0.01, (), details
            )
            store.estimated(trial, clock.now(), Assessment(estimate, {"bits_per_pixel": bits}, {}))
            store.finish(trial, TrialState.COMPLETE, clock.now())
    return key
