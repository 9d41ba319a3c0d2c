"""Temporal variance against mean, and the line through it.

S_b, V_b : means over the pixels of a bin of signal above the dark, ADU, and of variance, ADU^2
V = a + S / g + 1/12 : shot noise is Poisson, so the slope is one over the gain (Janesick 2007)

A pixel's mean is noisy, and correlated with its variance estimate, so that pixels must not be
sorted into bins by it: what is selected for a high mean has high noise. They are sorted by the mean
of their eight neighbours, whose noise is independent. S_b and V_b are then both unbiased, whatever
the scene; a scene finer than a pixel only gives bins that lie closer together.

The intercept a is free. A dark stack says what the read noise is; leaving it out of this fit costs
little, and nothing that differs between dark and lit frames can bend the line.

Weights are those of the model, so that bins with low noise by chance get no more than others:
Var s2 = 2 v^2 / (n - 1) + k4 / n with k4 = S / g^3, the fourth cumulant of Poisson's distribution.
The uncertainty comes from the scatter within each bin, whatever its distribution (White 1980), and
is enlarged by sqrt(chi2 / dof) where the points scatter more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import scipy  # its parts load where they are used
from numpy.typing import NDArray

from drivers.types import Floats
from hil.calibration.photon_transfer.stack import NEIGHBOURS, Stack

ROUNDING_ADU2 = 1 / 12
ROUNDING_SHOWS_ADU2 = 0.64  # Sheppard's correction holds for more variance than this
_SIGMAS_FROM_THE_ENDS = 4.0  # a Gaussian clipped there loses 6e-5 of its variance
_MOST_BINS = 24
_PIXELS_A_BIN = 500
_PIXELS_FOR_EDGES = 20_000
_ITERATIONS = 20


@dataclass(frozen=True, eq=False)
class LineBins:
    """Columns of equal length, one entry a bin.

    Parameters
    ----------
    signal_adu, variance_adu2
        S_b and V_b, rounding included.
    n_pixels, n_repeats, stack
        Pixels in the bin, frames in its stack, and the stack's number.
    clear
        Whether the pixels' noise keeps clear of both ends of the range.
    signal_spread, covariance, variance_spread
        Variances and covariance over pixels of a bin of their S and s2.
    """

    signal_adu: Floats
    variance_adu2: Floats
    n_pixels: Floats
    n_repeats: Floats
    stack: NDArray[np.int64]
    clear: NDArray[np.bool_]
    signal_spread: Floats
    covariance: Floats
    variance_spread: Floats

    def scatter(self, slope: float) -> Floats:
        """Give the standard uncertainty of V_b - slope S_b, ADU^2, from the pixels of each bin."""
        spread = self.variance_spread - 2 * slope * self.covariance + slope**2 * self.signal_spread
        return np.sqrt(np.maximum(spread, 1e-30) / self.n_pixels)

    def only(self, chosen: NDArray[np.bool_]) -> LineBins:
        """Give some of the bins."""
        return LineBins(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


@dataclass(frozen=True)
class Line:
    """V - 1/12 = intercept + slope S, with the covariance of both."""

    intercept_adu2: float
    slope_adu: float
    intercept_sd: float
    slope_sd: float
    chi2_per_dof: float
    dof: int

    def variance(self, signal_adu: Floats) -> Floats:
        """Variance at a signal, ADU^2, rounding included; never below the rounding's."""
        shot = self.slope_adu * np.maximum(signal_adu, 0.0)
        return np.maximum(self.intercept_adu2 + shot, 0.0) + ROUNDING_ADU2


def bin_stacks(
    stacks: Sequence[Stack],
    offset_adu: Floats,
    usable: NDArray[np.bool_],
    top_adu: float,
    line: Line | None,
    bottom_adu: float = 0.0,
) -> LineBins:
    """Sort the pixels of each stack into bins of about equal signal.

    Parameters
    ----------
    stacks
        Lit ones.
    offset_adu
        (h, w) means in the dark.
    usable
        (h, w) pixels that are neither hot nor dead.
    top_adu
        Where values clip.
    line
        Says how wide the noise is, which must keep clear of both ends; None keeps to the lower
        half of the range.
    bottom_adu
        The other end, which noise must keep clear of too.
    """
    rows: list[tuple[float, ...]] = []
    for stack in stacks:
        signal = stack.mean_adu - offset_adu
        clear = _clear_of_the_ends(stack, signal, bottom_adu, top_adu, line)
        for is_clear, pixels in ((True, usable & clear), (False, usable & ~clear)):
            found = _bins_of(signal, stack, pixels)
            rows += [(*row, stack.n, stack.number, is_clear) for row in found]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 9).T
    return LineBins(
        signal_adu=columns[0],
        variance_adu2=columns[1],
        n_pixels=columns[2],
        signal_spread=columns[3],
        covariance=columns[4],
        variance_spread=columns[5],
        n_repeats=columns[6],
        stack=columns[7].astype(np.int64),
        clear=columns[8].astype(np.bool_),
    )


def fit_line(bins: LineBins) -> Line:
    """Fit the line; it needs three bins at least, else its uncertainties are infinite."""
    s, v = bins.signal_adu, bins.variance_adu2 - ROUNDING_ADU2
    if len(s) < 3 or np.ptp(s) == 0:
        slope = float(v.mean() / max(s.mean(), 1e-9)) if len(s) else 1.0
        return Line(0.0, slope, np.inf, np.inf, np.nan, 0)
    design = np.stack([np.ones_like(s), s], axis=1)
    expected = np.maximum(v, 1e-6)
    slope = 0.0
    for _ in range(_ITERATIONS):
        fourth = np.maximum(s, 0) * max(slope, 0.0) ** 3
        weight = bins.n_pixels / (
            2 * (expected + ROUNDING_ADU2) ** 2 / (bins.n_repeats - 1) + fourth / bins.n_repeats
        )
        normal = design.T * weight @ design
        a, b = np.linalg.solve(normal, design.T * weight @ v)
        converged = abs(b - slope) <= 1e-9 * abs(b)
        slope = float(b)
        expected = np.maximum(a + b * s, 1e-3 * np.median(np.abs(v)) + 1e-9)
        if converged:
            break
    scatter = bins.scatter(slope)
    bread = np.linalg.inv(normal)
    covariance = bread @ (design.T * (weight * scatter) ** 2 @ design) @ bread
    dof = len(s) - 2
    chi2_per_dof = float((((v - a - b * s) / scatter) ** 2).sum() / dof)
    inflation = max(1.0, chi2_per_dof)
    a_sd, b_sd = np.sqrt(np.diag(covariance) * inflation)
    return Line(float(a), slope, float(a_sd), float(b_sd), chi2_per_dof, dof)


def _clear_of_the_ends(
    stack: Stack, signal: Floats, bottom_adu: float, top_adu: float, line: Line | None
) -> NDArray[np.bool_]:
    """Pixels whose noise does not reach ``bottom_adu`` or ``top_adu``, judged by their means."""
    if line is None:
        half = stack.mean_adu < top_adu / 2
        if half.any():
            return np.asarray(half)
        return np.asarray(stack.mean_adu < 0.9 * top_adu)
    width = np.sqrt(line.variance(signal) * (1 + 1 / stack.n))
    margin = _SIGMAS_FROM_THE_ENDS * width
    return np.asarray((stack.mean_adu - margin > bottom_adu) & (stack.mean_adu + margin < top_adu))


def _bins_of(signal: Floats, stack: Stack, kept: NDArray[np.bool_]) -> Iterable[tuple[float, ...]]:
    if kept.sum() < 2:
        return
    around = scipy.ndimage.convolve(signal, NEIGHBOURS, mode="mirror")[kept]
    s, v = signal[kept].astype(np.float64), stack.variance_adu2[kept].astype(np.float64)
    number = int(np.clip(len(s) // _PIXELS_A_BIN, 1, _MOST_BINS))
    some = around[:: max(1, len(around) // _PIXELS_FOR_EDGES)]
    edges = np.unique(np.quantile(some, np.arange(1, number) / number))
    place = np.searchsorted(edges, around)
    count = np.bincount(place, minlength=len(edges) + 1)

    def mean(values: Floats) -> Floats:
        return np.bincount(place, values, len(count)) / np.maximum(count, 1)

    s_mean, v_mean = mean(s), mean(v)
    ds, dv = s - s_mean[place], v - v_mean[place]
    spreads = mean(ds * ds), mean(ds * dv), mean(dv * dv)
    for row in zip(s_mean, v_mean, count, *spreads, strict=True):
        if row[2] >= _PIXELS_A_BIN / 2 or len(count) == 1:
            yield tuple(float(value) for value in row)
