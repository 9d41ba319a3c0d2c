"""What is not noise in the differences of repeats: flicker, stripes, motion, filters.

Variance that repeats of a stack share in a pattern is compared with their temporal variance: that
share is what the gain would be wrong by. Read noise has patterns of its own, which the dark stacks
tell; what lit ones have more comes from the light, the scene, or a filter in the camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts load where they are used

from hil.calibration.photon_transfer.stack import BLOCK_PX, Stack

LARGEST_SHARE = 0.005  # of the temporal variance that a pattern may make up
_LARGEST_CORRELATION = 0.01
_FILTER_OVER_PATTERN = 5.0
_SIGNIFICANT = 5.0  # standard errors
_BY_CHANCE = 1e-5
_SHARED_SAID = 0.02  # share of the dark variance
_LEAST_SHOT_SHARE = 0.2  # of a stack's variance, below which it says nothing of the light


@dataclass(frozen=True)
class Stability:
    """What was found; `CameraCalibration` has the same names."""

    flicker_relative_sd: float
    row_noise_adu: float
    column_noise_adu: float
    neighbour_correlation: float
    notes: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Pattern:
    """A way of not being noise.

    Parameters
    ----------
    variance_adu2
        Of it in a stack.
    error
        Its standard error for pure noise, as a share of the variance.
    words
        What it is, given the worst stack and the share.
    """

    variance_adu2: Callable[[Stack], float]
    error: Callable[[Stack], float]
    words: Callable[[Stack, float], str]


def check_stability(lit: Sequence[Stack], darks: Sequence[Stack], offset_adu: float) -> Stability:
    """Look at all stacks, at least one of each kind; ``offset_adu`` is the mean in the dark."""
    lit = [s for s in lit if s.unclipped > 1 and s.unclipped_variance_adu2 > 0]
    dark_variance = _pooled(darks, lambda stack: stack.unclipped_variance_adu2)
    share, problems = _largest_pattern(lit, darks)
    neighbour, next_frame = _shot_correlations(lit, darks, dark_variance)
    # each pattern correlates neighbours and frames by its share; a filter by far more than it
    # looks like a pattern
    if not problems or abs(neighbour[0]) > _FILTER_OVER_PATTERN * share:
        problems = [*_filtered(neighbour), *_lagging(next_frame)][:1] or problems
    flicker = _flicker(lit, offset_adu)
    rows = _pooled(darks, lambda stack: stack.row_excess_adu2)
    columns = _pooled(darks, lambda stack: stack.column_excess_adu2)
    notes = []
    if flicker > 0:
        notes.append(f"the light flickers by {flicker:.2%} rms from frame to frame; divided out")
    for name, shared in (("rows", rows), ("columns", columns)):
        if shared > _SHARED_SAID * dark_variance:
            notes.append(
                f"{name} share a noise of {math.sqrt(shared):.2g} ADU rms in the dark: noise is "
                "not independent between pixels"
            )
    return Stability(
        flicker,
        math.sqrt(max(rows, 0.0)),
        math.sqrt(max(columns, 0.0)),
        neighbour[0],
        tuple(notes),
        tuple(problems),
    )


def _largest_pattern(lit: Sequence[Stack], darks: Sequence[Stack]) -> tuple[float, list[str]]:
    """Find the pattern that makes up most of the variance somewhere, if any is too much."""
    largest = LARGEST_SHARE
    texts: list[str] = []
    for pattern in _PATTERNS:
        in_the_dark = _pooled(darks, pattern.variance_adu2)
        for stack in lit:
            share = (pattern.variance_adu2(stack) - in_the_dark) / stack.unclipped_variance_adu2
            error = pattern.error(stack) * math.sqrt(stack.variance_spread)
            if share > max(largest, _SIGNIFICANT * error):
                largest, texts = share, [pattern.words(stack, share)]
    return largest, texts


def _flicker(lit: Sequence[Stack], offset_adu: float) -> float:
    """Give the light's relative rms from frame to frame, its noise taken off; 0 if none is sure."""
    squares, dofs, sure = 0.0, 0, False
    for stack in lit:
        signal, dof = stack.unclipped_mean_adu - offset_adu, stack.n - 1
        own = stack.unclipped_variance_adu2 / stack.unclipped
        seen = float(stack.frame_deviations_adu.var(ddof=1))
        if signal <= 0:
            continue
        sure = sure or seen * dof > own * scipy.stats.chi2.isf(_BY_CHANCE, dof)
        squares += dof * (seen - own) / signal**2
        dofs += dof
    return math.sqrt(max(squares, 0.0) / dofs) if sure else 0.0


def _pooled(stacks: Sequence[Stack], what: Callable[[Stack], float]) -> float:
    clear = [stack for stack in stacks if stack.unclipped > 1]
    if not clear:
        return 0.0
    return float(np.average([what(s) for s in clear], weights=[s.n - 1 for s in clear]))


def _shot_correlations(
    lit: Sequence[Stack], darks: Sequence[Stack], dark_variance: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Correlation of the light's own noise with its neighbours', and with the next frame's.

    Covariances of lit stacks less those in the dark, over the variance that the light adds. Each
    with its standard error, of the stack where it is most significant.
    """
    neighbour, next_frame = (0.0, math.inf), (0.0, math.inf)
    in_the_dark = (
        _pooled(darks, lambda stack: stack.neighbours_adu2[0]),
        _pooled(darks, lambda stack: stack.neighbours_adu2[1]),
    )
    dark_next = _pooled(darks, lambda stack: stack.next_frame_adu2 or 0.0)
    for stack in lit:
        shot = stack.unclipped_variance_adu2 - dark_variance
        if shot < _LEAST_SHOT_SHARE * stack.unclipped_variance_adu2:
            continue
        dof = stack.unclipped * (stack.n - 1)
        error = stack.unclipped_variance_adu2 / shot * math.sqrt(stack.variance_spread / dof)
        for lit_covariance, dark in zip(stack.neighbours_adu2, in_the_dark, strict=True):
            neighbour = max(neighbour, ((lit_covariance - dark) / shot, error), key=_significance)
        if stack.next_frame_adu2 is not None:
            value = (stack.next_frame_adu2 - dark_next) / shot
            next_frame = max(next_frame, (value, error), key=_significance)
    return neighbour, next_frame


def _significance(correlation: tuple[float, float]) -> float:
    return abs(correlation[0]) / correlation[1]


def _matters(correlation: tuple[float, float]) -> bool:
    return abs(correlation[0]) > max(_LARGEST_CORRELATION, _SIGNIFICANT * correlation[1])


def _filtered(correlation: tuple[float, float]) -> list[str]:
    if not _matters(correlation):
        return []
    return [
        f"shot noise of neighbouring pixels correlates ({correlation[0]:+.3f}), which makes the "
        "gain wrong: a filter or defect correction in the camera, or small movements in the "
        "scene; allowed: raw frames of a scene that stands still"
    ]


def _lagging(correlation: tuple[float, float]) -> list[str]:
    if not _matters(correlation):
        return []
    return [
        f"noise of frames that follow each other correlates ({correlation[0]:+.3f}), which makes "
        "the gain wrong: bleaching, drift, or frames averaged in the camera; allowed: raw frames "
        "of a scene that does not change"
    ]


def _stripes(what: str) -> Callable[[Stack, float], str]:
    def words(stack: Stack, share: float) -> str:
        return (
            f"{what} of pixels change together from frame to frame ({share:.1%} of the variance at "
            f"{stack.unclipped_mean_adu:.0f} ADU): the light flickers while a rolling shutter "
            "reads; allowed: exposures of whole periods of the light, or a steady light"
        )

    return words


def _patches(stack: Stack, share: float) -> str:
    return (
        f"the light changes differently over the field from frame to frame ({share:.1%} of the "
        f"variance at {stack.unclipped_mean_adu:.0f} ADU), which frame means cannot divide out; "
        "allowed: a steady light and a scene that does not change"
    )


def _moving(stack: Stack, share: float) -> str:
    return (
        f"the scene moves by {stack.motion_px:.2g} px rms between frames ({share:.1%} of the "
        f"variance at {stack.unclipped_mean_adu:.0f} ADU); allowed: a scene that stands still"
    )


def _group_error(groups: Callable[[Stack], float]) -> Callable[[Stack], float]:
    """Error of the variance that groups of equal size share: sqrt(2 / dof) over their size."""

    def error(stack: Stack) -> float:
        count = max(groups(stack), 1.0)
        return math.sqrt(2 / (count * (stack.n - 1))) * count / stack.unclipped

    return error


def _rows_alone(stack: Stack) -> float:
    """Variance of rows, but for what large blocks share, and what a filter smears along them."""
    smeared = 2 * (stack.neighbours_adu2[0] - stack.row_excess_adu2) / stack.mean_adu.shape[1]
    return float(stack.row_excess_adu2 - max(smeared, 0.0) - max(stack.block_excess_adu2, 0.0))


def _columns_alone(stack: Stack) -> float:
    smeared = 2 * (stack.neighbours_adu2[1] - stack.column_excess_adu2) / stack.mean_adu.shape[0]
    return float(stack.column_excess_adu2 - max(smeared, 0.0) - max(stack.block_excess_adu2, 0.0))


_PATTERNS = (
    _Pattern(
        lambda stack: stack.motion_adu2,
        lambda stack: 2 / stack.unclipped,  # two shifts, fitted to noise
        _moving,
    ),
    _Pattern(
        _rows_alone,
        _group_error(lambda stack: float(stack.mean_adu.shape[0])),
        _stripes("rows"),
    ),
    _Pattern(
        _columns_alone,
        _group_error(lambda stack: float(stack.mean_adu.shape[1])),
        _stripes("columns"),
    ),
    _Pattern(
        lambda stack: stack.block_excess_adu2,
        _group_error(lambda stack: stack.unclipped / BLOCK_PX**2),
        _patches,
    ),
)
