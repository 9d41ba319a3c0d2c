"""Whether the photon-transfer curve is a line, and whether its noise is that of counted photons.

A dual-gain camera reads dim pixels by one converter and bright ones by another: with the ADU made
to match, the slope stays and the variance jumps. On-camera corrections and non-linear sensors bend
the curve. An electron multiplier (EMCCD) leaves it a line, of twice the slope: variance and mean
alone cannot tell it from a camera of half the gain. The third cumulant can,

    k3 g^2 / S = 1 for Poisson's distribution, 3/2 after a multiplier of high gain

(gamma distribution of the multiplier: Basden, Haniff and Mackay, MNRAS 2003), given three repeats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from drivers.types import Floats
from hil.calibration.photon_transfer.line.variance_line import ROUNDING_ADU2, Line, LineBins
from hil.calibration.photon_transfer.stack import Stack

_GROUPS = 8
_LARGEST_DEPARTURE = 0.03  # of the variance
_SIGNIFICANT = 5.0
_JUMP_EXPLAINS = 0.7  # share of chi2 that a jump takes away where there is one
_MULTIPLIED = 1.25  # half way from Poisson's distribution to a multiplier's
_CUBIC_KNOWN = 0.1


def line_problem(bins: LineBins, line: Line, step_adu: float = 1.0) -> str:
    """Say how the curve departs from its line; empty where it does not.

    Parameters
    ----------
    step_adu
        ADU as stored to one of ``bins``.
    """
    if len(bins.signal_adu) < _GROUPS or not math.isfinite(line.slope_sd):
        return ""
    order = np.argsort(bins.signal_adu)
    s = bins.signal_adu[order]
    fitted = line.intercept_adu2 + line.slope_adu * s + ROUNDING_ADU2
    left = bins.variance_adu2[order] - fitted
    weight = 1 / bins.scatter(line.slope_adu)[order] ** 2
    largest, at = 0.0, 0.0
    for part in np.array_split(np.arange(len(s)), _GROUPS):
        mean = float(weight[part] @ left[part] / weight[part].sum())
        share = mean / float(weight[part] @ fitted[part] / weight[part].sum())
        if abs(mean) * math.sqrt(weight[part].sum()) > _SIGNIFICANT and abs(share) > abs(largest):
            largest, at = share, float(s[part].mean())
    if abs(largest) < _LARGEST_DEPARTURE:
        return ""
    text = (
        f"variance is not a line in the mean: it departs by {largest:+.1%} at "
        f"{at * step_adu:.0f} ADU above the dark"
    )
    jump = _jump(s, bins.variance_adu2[order] - ROUNDING_ADU2, weight)
    if jump is not None:
        return f"{text}, and jumps near {jump * step_adu:.0f} ADU, as a dual-gain camera does"
    return f"{text}: a correction in the camera, or a sensor that is not linear"


def cubic_ratio(lit: Sequence[Stack], offset_adu: float, line: Line) -> tuple[float, float] | None:
    """Give k3 g^2 / S over stacks of three frames or more, with its standard error."""
    ratios, weights = [], []
    for stack in lit:
        if stack.cubic is None or stack.cubic.mean_adu <= offset_adu:
            continue
        expected = line.slope_adu**2 * (stack.cubic.mean_adu - offset_adu)
        ratios.append(stack.cubic.third_adu3 / expected)
        weights.append((expected / stack.cubic.error_adu3) ** 2)
    if not weights or math.sqrt(sum(weights)) < 1 / _CUBIC_KNOWN:
        return None
    return float(np.average(ratios, weights=weights)), 1 / math.sqrt(sum(weights))


def multiplier_problem(ratio: tuple[float, float] | None, em_gain: float) -> str:
    """Say that electrons were multiplied, as the camera reports or the noise shows; else empty."""
    advice = (
        "its excess noise doubles the variance, and the gain found is half of the true one divided "
        "by the multiplication; allowed: electron multiplication off"
    )
    if em_gain > 1:
        return f"the camera multiplies electrons (EM gain {em_gain:g}): {advice}"
    if ratio is not None and ratio[0] - _SIGNIFICANT * ratio[1] / 2 > _MULTIPLIED:
        return f"noise is skewed {ratio[0]:.2f} times as much as photons': an EM gain; {advice}"
    return ""


def _jump(s: Floats, v: Floats, weight: Floats) -> float | None:
    """Signal at which the variance jumps, where that explains most of the departure."""
    root = np.sqrt(weight)

    def chi2(*columns: Floats) -> float:
        design = np.stack([np.ones_like(s), s, *columns], axis=1) * root[:, None]
        solution = np.linalg.lstsq(design, v * root, rcond=None)[0]
        return float(((v * root - design @ solution) ** 2).sum())

    edges = (s[2:-3] + s[3:-2]) / 2
    values = [chi2((s > edge).astype(np.float64)) for edge in edges]
    if not values:
        return None
    best = int(np.argmin(values))
    bend = chi2(s**2)
    if values[best] > (1 - _JUMP_EXPLAINS) * chi2() or values[best] > bend:
        return None
    return float(edges[best])
