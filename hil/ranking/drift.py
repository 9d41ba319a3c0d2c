"""Drift seen by reference trials, and the other trials as they would have been without it.

b_rf : bits per pixel of reference trial r in field of view f
u_r  : the clock: light at the sample until the middle of the trial (mJ), or seconds
S    : dI / d ln L of a trial, its information's change for an e-fold in light (`Measured`)
q(u) : ln of the sample's brightness, 0 when the session began

A sample that bleaches gives less light, and how much information that costs depends on the
settings: in a blurred image there is little to lose. Reference trials tell
q(u) = (b(u) - b(0)) / S_ref, and a trial i has lost S_i q(u_i). With exponential bleaching q is a
straight line over the dose. Other drift (focus, lamp) is taken for a change of brightness too: it
weighs on sharp trials likewise.

b is fitted by a straight line over u. Where the references scatter about it together, in all fields
alike, more than single fields do (analysis of variance: F test at 1 %), q goes through the
references point by point instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from drivers.types import Floats
from hil.records.trial import Measured, TrialRow

_LACK_OF_FIT = 0.01
_FEW_FIELDS = 4
_LEAST_SENSITIVITY = 1e-3  # below it the reference carries no information to lose


@dataclass(frozen=True, slots=True)
class Drift:
    """How the reference trials' information changed over a session.

    Parameters
    ----------
    clock
        What the drift goes along: light at the sample, or time.
    shape
        ``"line"``, or ``"points"``: from reference to reference.
    n_references
        Reference trials, the start included where it has their settings.
    bits
        Change of the reference's information from beginning to end, bits per pixel.
    ci_low, ci_high
        Its confidence interval; NaN if there are too few references.
    brightness
        Of the sample at the end, as a share of that at the beginning, were it all bleaching.
    course
        q over the clock: ``(slope,)`` of a line through 0, or pairs of clock and q with straight
        lines between them.
    """

    clock: Literal["dose_mj", "seconds"]
    shape: Literal["line", "points"]
    n_references: int
    bits: float
    ci_low: float
    ci_high: float
    brightness: float
    course: tuple[float] | tuple[tuple[float, float], ...]

    @property
    def significant(self) -> bool:
        """Whether there is a drift beyond chance; only then trials are corrected.

        The interval of a line leaves 0 out; points are taken only where a line does not suffice.
        """
        return self.shape == "points" or self.ci_low > 0 or self.ci_high < 0

    def log_brightness(self, clock: float) -> float:
        """Give ln of the brightness, q, at a dose or time."""
        return _q(self.course, clock)

    def to_json(self) -> dict[str, Any]:
        """Write it for the database and for people."""
        return {
            "clock": self.clock,
            "shape": self.shape,
            "n_references": self.n_references,
            "bits_per_pixel": self.bits,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "brightness": self.brightness,
            "corrected": self.significant,
        }


def fit_drift(rows: Sequence[TrialRow], confidence: float) -> Drift | None:
    """Fit the drift that a session's reference trials show.

    Parameters
    ----------
    rows
        All trials of the session.
    confidence
        Of the interval.

    Returns
    -------
    Drift or None
        None with fewer than two references, or where these carry no information.
    """
    references = _references(rows)
    if len(references) < 2:
        return None
    clock, times = _clock(rows)
    sensitivity = _mean([measured.light_sensitivity_bits for _, measured in references])
    if not sensitivity > _LEAST_SENSITIVITY:
        return None
    u = np.array([times[row.number] for row, _ in references])
    b = np.array([measured.field_bits for _, measured in references])
    end = max(times.values())
    if np.ptp(u) <= 0:
        return None
    fit = _Line(u, b)
    course: tuple[float] | tuple[tuple[float, float], ...]
    if fit.bends:
        per_field, sd, degrees = b[-1] - b[0], fit.common_sd * math.sqrt(2), len(u) - 2
        changes = (b - b[0]).mean(axis=1) / sensitivity
        course = tuple((float(at), float(q)) for at, q in zip(u, changes, strict=True))
    else:
        per_field, sd, degrees = fit.slopes * end, fit.slope_sd * end, fit.degrees
        course = (float(fit.slopes.mean()) / sensitivity,)
    low, high = _interval(per_field, sd, degrees, confidence)
    return Drift(
        clock=clock,
        shape="points" if fit.bends else "line",
        n_references=len(u),
        bits=float(per_field.mean()),
        ci_low=low,
        ci_high=high,
        brightness=math.exp(_q(course, end)),
        course=course,
    )


def _q(course: tuple[float] | tuple[tuple[float, float], ...], clock: float) -> float:
    if isinstance(course[0], float):
        return course[0] * clock
    at, q = zip(*course, strict=True)
    return float(np.interp(clock, at, q))


def without_drift(rows: Sequence[TrialRow], drift: Drift | None) -> list[TrialRow]:
    """Give the trials as they would have been at the session's beginning.

    Trials whose change with light is not known, and all trials where the drift is not significant,
    stay as they are. Only objectives and their intervals change.
    """
    if drift is None or not drift.significant:
        return list(rows)
    _, times = _clock(rows)
    return [
        _corrected(row, -drift.log_brightness(times[row.number])) if row.number in times else row
        for row in rows
    ]


def _corrected(row: TrialRow, gain: float) -> TrialRow:
    measured = row.measured
    if measured is None or row.objectives is None:
        return row
    if len(measured.light_sensitivity) != len(row.objectives):
        return row
    shifts = [sensitivity * gain for sensitivity in measured.light_sensitivity]
    if not all(math.isfinite(shift) for shift in shifts):
        return row
    moved = replace(
        measured, ci_low=measured.ci_low + shifts[0], ci_high=measured.ci_high + shifts[0]
    )
    objectives = tuple(v + shift for v, shift in zip(row.objectives, shifts, strict=True))
    return replace(row, objectives=objectives, measured=moved)


def _references(rows: Sequence[TrialRow]) -> list[tuple[TrialRow, Measured]]:
    """Trials with the reference's settings, whatever for they were measured."""
    settings = next((row.requested for row in rows if row.kind == "reference"), None)
    if settings is None:
        return []
    found = [
        (row, row.measured)
        for row in rows
        if row.measured is not None and row.requested == settings and row.measured.field_bits
    ]
    n_fields = len(found[0][1].field_bits) if found else 0
    return [(row, m) for row, m in found if len(m.field_bits) == n_fields]


def _clock(rows: Sequence[TrialRow]) -> tuple[Literal["dose_mj", "seconds"], dict[int, float]]:
    """Clock of every measured trial: its middle, from the session's beginning."""
    measured = [(row.number, row.measured) for row in rows if row.measured is not None]
    if all(math.isfinite(m.dose_mj) for _, m in measured):
        times, before = {}, 0.0
        for number, m in measured:
            times[number] = before + m.dose_mj / 2
            before += m.dose_mj
        return "dose_mj", times
    first = measured[0][1].at_s
    return "seconds", {number: m.at_s - first for number, m in measured}


class _Line:
    """Straight lines through the references, one a field, and what is left.

    Parameters
    ----------
    u
        (R,) clock.
    b
        (R, F) bits per pixel.
    """

    def __init__(self, u: Floats, b: Floats) -> None:
        n, n_fields = b.shape
        away = u - u.mean()
        spread = float(away @ away)
        self.slopes: Floats = away @ b / spread
        left = b - b.mean(axis=0) - np.outer(away, self.slopes)
        common = left.mean(axis=1)
        degrees = n - 2
        own = left - common[:, None]
        own_degrees = degrees * (n_fields - 1)
        common_square = float(common @ common) / degrees if degrees else math.nan
        own_square = float((own**2).sum()) / own_degrees / n_fields if own_degrees else math.nan
        self.bends = _exceeds(common_square, own_square, degrees, own_degrees)
        self.degrees = degrees + own_degrees
        pooled = (
            (common_square * degrees + np.nan_to_num(own_square) * own_degrees) / self.degrees
            if degrees
            else math.nan
        )
        self.slope_sd = math.sqrt(pooled / spread)
        self.common_sd = math.sqrt(common_square)


def _exceeds(square: float, other: float, degrees: int, other_degrees: int) -> bool:
    """F test: whether a mean square is larger than chance makes it."""
    from scipy.special import fdtrc

    if not (degrees and other_degrees and other > 0):
        return False
    return float(fdtrc(degrees, other_degrees, square / other)) < _LACK_OF_FIT


def _interval(per_field: Floats, sd: float, degrees: int, confidence: float) -> tuple[float, float]:
    """Student's t over fields of view; with few of them from the scatter of the references."""
    from scipy.special import stdtrit

    centre = float(per_field.mean())
    if per_field.size >= _FEW_FIELDS:
        degrees, sd = per_field.size - 1, float(per_field.std(ddof=1)) / math.sqrt(per_field.size)
    if degrees < 1 or not math.isfinite(sd):
        return math.nan, math.nan
    half = float(stdtrit(degrees, 0.5 + confidence / 2)) * sd
    return centre - half, centre + half


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan
