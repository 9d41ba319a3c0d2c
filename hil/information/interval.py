"""Confidence intervals of the mean over fields of view."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

_ENOUGH_FIELDS = 4
_BLOCKS = 4  # along each axis of a frame


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, in the unit of the values, and how it was found.

    Parameters
    ----------
    low, high
        NaN where there is none.
    method
        ``"student_t"`` over fields, ``"blocks"`` (jackknife over blocks within the fields: what it
        leaves out is how fields differ), or ``"none"``.
    """

    low: float
    high: float
    method: str

    @property
    def half_width(self) -> float:
        """Half the interval's length; NaN where there is none."""
        return (self.high - self.low) / 2

    def shifted(self, by: float) -> Interval:
        """Move both ends."""
        return Interval(self.low + by, self.high + by, self.method)


def mean_interval(
    values: Floats, places: NDArray[np.intp], n_fields: int, confidence: float
) -> Interval:
    """Interval of the mean of ``values``.

    Parameters
    ----------
    values
        (F, T) information of each patch place. With fewer than 4 fields the blocks within them
        stand in for fields.
    places
        (F, T, 2) or (1, T, 2) top and left of each, pixels.
    n_fields
        Independent fields of view; fewer than F where one field was cut into regions.
    confidence
        0.95 say.
    """
    if n_fields >= _ENOUGH_FIELDS:
        return student_interval(values.mean(axis=1), confidence, "student_t")
    blocks = [
        field[block == label]
        for field, block in zip(values, map(_blocks, _of_each(places, len(values))), strict=True)
        for label in np.unique(block)
    ]
    if len(blocks) < _ENOUGH_FIELDS:
        return Interval(math.nan, math.nan, "none")
    return _jackknife(blocks, float(values.mean()), confidence)


def with_calibration(interval: Interval, sd: float, confidence: float) -> Interval:
    """Widen by what the noise model's own uncertainty does to all fields alike.

    Parameters
    ----------
    sd
        Its standard deviation, in the unit of the interval. It is independent of the fields, so the
        squares add: the calibration's is normal, from many frames.
    """
    if sd == 0 or not math.isfinite(interval.half_width):
        return interval
    from scipy.special import ndtri

    centre = (interval.low + interval.high) / 2
    half = math.hypot(interval.half_width, float(ndtri(0.5 + confidence / 2)) * sd)
    return Interval(centre - half, centre + half, interval.method)


def student_interval(units: Floats, confidence: float, method: str) -> Interval:
    """Student's t interval of the mean of independent ``units`` (n,), n at least 2."""
    n = units.size
    centre = float(units.mean())
    half = _quantile(confidence, n - 1) * float(units.std(ddof=1)) / math.sqrt(n)
    return Interval(centre - half, centre + half, method)


def weighted_interval(units: Floats, weights: Floats, confidence: float) -> Interval:
    """Student's t interval of the weighted mean of independent ``units`` (n,).

    Parameters
    ----------
    weights
        (n,) with sum 1. Unequal ones leave Kish's effective number of units, 1 / sum w^2 (Survey
        Sampling, 1965, chapter 11); equal ones give `student_interval`.

    Returns
    -------
    Interval
        None there is where the weights leave less than one and a half units.
    """
    effective = 1 / float(weights @ weights)
    if effective < 1.5:
        return Interval(math.nan, math.nan, "none")
    centre = float(weights @ units)
    variance = float(weights @ (units - centre) ** 2) / (effective - 1)
    half = _quantile(confidence, effective - 1) * math.sqrt(variance)
    return Interval(centre - half, centre + half, "student_t")


def _of_each(places: NDArray[np.intp], n_fields: int) -> NDArray[np.intp]:
    return np.broadcast_to(places, (n_fields, *places.shape[1:]))


def _blocks(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """(T,) number of the block, out of 4 x 4, in which each place (T, 2) lies."""
    number = np.zeros(len(places), dtype=np.intp)
    for along in places.T:
        lines, line = np.unique(along, return_inverse=True)
        n = min(_BLOCKS, lines.size)
        bands = np.repeat(np.arange(n), [part.size for part in np.array_split(lines, n)])
        number = number * _BLOCKS + bands[line]
    return number


def _jackknife(blocks: list[Floats], centre: float, confidence: float) -> Interval:
    """Delete one block at a time: blocks differ in size (Busing et al., Stat. Comput. 1999)."""
    n = len(blocks)
    total = sum(float(block.sum()) for block in blocks)
    size = sum(block.size for block in blocks)
    left = np.array([(total - float(b.sum())) / (size - b.size) for b in blocks])
    ratio = np.array([size / b.size for b in blocks])
    pseudo = ratio * centre - (ratio - 1) * left
    variance = float(np.mean((pseudo - centre) ** 2 / (ratio - 1)))
    half = _quantile(confidence, n - 1) * math.sqrt(variance)
    return Interval(centre - half, centre + half, "blocks")


def _quantile(confidence: float, degrees: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + confidence / 2))
