"""Bleaching as reference trials show it, and trials ranked without it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from hil.ranking.drift import fit_drift, without_drift
from hil.records.trial import Measured, TrialRow, TrialState

N_FIELDS = 6


def information(light: float, snr: float) -> float:
    """Bits per pixel of a white scene in shot noise: S goes with L^2, and N with L."""
    return 0.5 * math.log2(1 + snr * light)


def sensitivity(light: float, snr: float) -> float:
    return 0.5 / math.log(2) * snr * light / (1 + snr * light)


def session(
    left: float,
    noise_bits: float,
    seed: int = 0,
    n: int = 60,
    every: int = 6,
    wave: float = 0.0,
    dose_mj: float = 0.2,
) -> tuple[list[TrialRow], list[float]]:
    """Trials of which each brings the same light, and what they would be worth without drift.

    Parameters
    ----------
    left
        Share of the brightness that is left at the end.
    wave
        Amplitude of a lamp that comes and goes, in ln of the light.
    """
    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for number in range(n):
        reference = number % every == every - 1
        snr = 2.0 if reference else float(rng.uniform(0.5, 5.0))
        done = (number + 0.5) / n
        light = math.exp(math.log(left) * done + wave * math.sin(7 * done))
        fields = information(light, snr) + rng.normal(0, noise_bits, N_FIELDS)
        fields += 0.3 * np.linspace(-1, 1, N_FIELDS)  # scenes differ much more than trials
        bits = float(fields.mean())
        own = sensitivity(light, snr)
        measured = Measured(
            bits - 0.1, bits + 0.1, tuple(fields.tolist()), (own,), own, dose_mj, 60.0 * number
        )
        kind = "reference" if reference else "search"
        rows.append(
            TrialRow(number, TrialState.COMPLETE, kind, {"snr": snr}, {}, {}, (bits,), {}, {}, None, measured)
        )  # fmt: skip
        truth.append(information(1.0, snr))
    return rows, truth


def rank_correlation(a: list[float], b: list[float]) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(a, b).statistic)


class Case(NamedTuple):
    name: str
    left: float
    wave: float
    shape: str


CASES = [
    Case("a fifth bleached", 0.8, 0.0, "line"),
    Case("half bleached: no straight line any more", 0.5, 0.0, "points"),
    Case("a lamp that warms up", 1.3, 0.0, "line"),
    Case("a lamp that comes and goes", 1.0, 0.2, "points"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("dose_mj", [0.2, math.nan], ids=["by dose", "by time"])
def test_drift_is_found_and_taken_off(case: Case, dose_mj: float) -> None:
    rows, truth = session(case.left, 0.003, wave=case.wave, dose_mj=dose_mj)
    drift = fit_drift(rows, 0.95)
    assert drift is not None
    assert drift.clock == ("dose_mj" if dose_mj == dose_mj else "seconds")
    assert (drift.shape, drift.n_references) == (case.shape, 10)
    assert drift.significant
    if case.shape == "line":
        assert drift.brightness == pytest.approx(case.left, rel=0.07)
    corrected = [row.objectives[0] for row in without_drift(rows, drift) if row.objectives]
    raw = [row.objectives[0] for row in rows if row.objectives]
    assert rank_correlation(corrected, truth) > max(0.99, rank_correlation(raw, truth))


def test_rows_stay_as_they_are_and_intervals_move_along() -> None:
    rows, _ = session(0.8, 0.003)
    drift = fit_drift(rows, 0.95)
    last, corrected = rows[-2], without_drift(rows, drift)[-2]
    assert last.objectives is not None
    assert corrected.objectives is not None
    assert last.measured is not None
    assert corrected.measured is not None
    gain = corrected.objectives[0] - last.objectives[0]
    assert gain > 0.03
    assert corrected.measured.ci_high - last.measured.ci_high == pytest.approx(gain)
    assert corrected.measured.field_bits == last.measured.field_bits
    assert last == session(0.8, 0.003)[0][-2]


def test_without_drift_its_interval_holds_zero_and_nothing_changes() -> None:
    held = 0
    for seed in range(60):
        rows, _ = session(1.0, 0.01, seed, n=24)
        drift = fit_drift(rows, 0.95)
        assert drift is not None
        held += drift.ci_low <= 0 <= drift.ci_high
        if not drift.significant:
            assert without_drift(rows, drift) == rows
    assert 50 <= held <= 60, "57 on average"


def test_the_intervals_hold_the_drift() -> None:
    held = 0
    for seed in range(60):
        rows, _ = session(0.9, 0.01, seed, n=24)
        drift = fit_drift(rows, 0.95)
        assert drift is not None
        true = information(0.9, 2.0) - information(1.0, 2.0)
        held += drift.ci_low <= true <= drift.ci_high
    assert 50 <= held <= 60, "57 on average"


def test_too_little_to_say() -> None:
    rows, _ = session(0.8, 0.003)
    assert fit_drift([], 0.95) is None
    assert fit_drift([row for row in rows if row.kind == "search"], 0.95) is None
    assert fit_drift(rows[:7], 0.95) is None, "one reference"
    two = fit_drift(rows[:12], 0.95)
    assert two is not None
    assert two.n_references == 2


def test_trials_whose_change_with_light_is_not_known_stay() -> None:
    rows, _ = session(0.8, 0.003)
    old = rows[-2].__class__(
        59, TrialState.COMPLETE, "search", {"snr": 1.0}, {}, {}, (0.5,), {}, {}
    )
    assert without_drift([*rows, old], fit_drift(rows, 0.95))[-1] == old
