"""Metrics of one trial, whatever people's functions do: a number, or why there is none.

v_f : the metric of field f, where its function tells fields apart; the trial's is their mean
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.types import Floats, Pixels, Value
from hil.information.interval import student_interval
from hil.metrics.registry import NamedMetric

if TYPE_CHECKING:
    from hil.noise.model import FlattenedNoise, NoiseModel

_ENOUGH_FIELDS = 4  # for an interval, as for information


@dataclass(frozen=True, slots=True)
class Number:
    """A metric's value.

    Parameters
    ----------
    value
        Finite.
    per_field
        Its part of each field; empty where they are not told apart.
    """

    value: float
    per_field: tuple[float, ...] = ()

    def interval(self, confidence: float) -> tuple[float, float]:
        """Confidence interval of the mean over fields; NaN where there is none."""
        if len(self.per_field) < _ENOUGH_FIELDS:
            return math.nan, math.nan
        found = student_interval(np.array(self.per_field), confidence, "student_t")
        return found.low, found.high


@dataclass(frozen=True, slots=True)
class MetricValues:
    """What all metrics of a session came to in one trial.

    Parameters
    ----------
    numbers
        By name; NAME.PART where a function gives several.
    absent
        Name to why there is no number.
    """

    numbers: Mapping[str, Number] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)

    def why_not(self, name: str) -> str:
        """Say why a number is absent; empty if it is there."""
        if name in self.numbers:
            return ""
        for one, why in self.absent.items():
            if name == one or name.startswith(f"{one}."):
                return why
        parts = [one for one in self.numbers if one.startswith(f"{name.partition('.')[0]}.")]
        return f"its function gives {', '.join(parts)}" if parts else "its function gives no such"

    def to_details(self) -> dict[str, Any]:
        """Write it for the estimate's details, of which the database makes rows."""
        said: dict[str, Any] = {}
        if self.numbers:
            said["metrics"] = {name: one.value for name, one in self.numbers.items()}
            said["metric_fields"] = {
                name: list(one.per_field) for name, one in self.numbers.items() if one.per_field
            }
        if self.absent:
            said["metrics_absent"] = dict(self.absent)
        return said


def measure_metrics(
    metrics: Sequence[NamedMetric],
    frames: Pixels,
    noise: NoiseModel | FlattenedNoise | tuple[NoiseModel | FlattenedNoise, ...],
    settings: Mapping[str, Value],
) -> MetricValues:
    """Compute the metrics of one trial; never raises what a metric raises.

    Parameters
    ----------
    metrics
        Of the session.
    frames, noise, settings
        See `hil.metrics.registry.Metric`.
    """
    shown = frames.view()
    shown.flags.writeable = False  # the estimate reads the same pixels
    numbers: dict[str, Number] = {}
    absent: dict[str, str] = {}
    for one in metrics:
        try:
            given = one.function(shown, noise, dict(settings), **one.options)
        except (Exception, SystemExit) as error:
            absent[one.name] = _brief(f"{type(error).__name__}: {error}")
            continue
        for name, value in _parts(one.name, given):
            number = _number(value, len(frames))
            if isinstance(number, str):
                absent[name] = number
            else:
                numbers[name] = number
    return MetricValues(numbers, absent)


def _parts(name: str, given: Any) -> list[tuple[str, Any]]:
    if isinstance(given, Mapping):
        return [(f"{name}.{key}", value) for key, value in given.items()]
    return [(name, given)]


def _number(value: Any, n_fields: int) -> Number | str:
    """Make a number of what a function gave; or say why it is none."""
    if value is None or isinstance(value, str | bytes):
        return _brief(f"gave {value!r}, which is no number")
    try:
        array = np.asarray(value)
        if np.iscomplexobj(array):
            return "gave a complex number"
        values: Floats = array.astype(np.float64)
    except Exception as error:  # whatever the object does when it is asked for its number
        return _brief(f"gave no number: {type(error).__name__}: {error}")
    if values.shape not in ((), (n_fields,)):
        return f"gave an array of shape {values.shape}, allowed: a number, or {n_fields} of fields"
    if not np.isfinite(values).all():
        return f"gave {values[~np.isfinite(values)][0]:g}" if values.ndim else f"gave {values:g}"
    return Number(float(values.mean()), tuple(map(float, values)) if values.ndim else ())


def _brief(text: str) -> str:
    return " ".join(text.split())[:200]
