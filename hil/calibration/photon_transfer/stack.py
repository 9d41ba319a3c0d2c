"""One stack of repeated frames, reduced to what photon transfer needs of it.

y_k   : (h, w) frame k of n at one setting, ADU; m : their mean; U : pixels none of whose values is
        at an end of the range
a_k, b_k : what a lamp's flicker does to frame k: y_k - m = a_k + b_k (m - mean m) + noise, fitted
        over U. A common factor 1 + f on the signal is b = f, and so it needs no offset; a is what
        is left of it where the scene is too flat for b.
e_k   : the noise that is left, y_k - m - a_k - b_k (m - mean m)
s2    : (h, w) sum_k e_k^2 / (n - 1), and |U| / (|U| - 2) for a and b: the temporal variance

Products of e_k with itself elsewhere say whether it is noise: of neighbours, of rows, of columns,
of large blocks, of the next frame, and with the gradient of m, which is what motion looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # its parts load where they are used
from numpy.typing import NDArray

from drivers.types import Floats

Floats32 = NDArray[np.float32]

BLOCK_PX = 32
NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]) / 8
_GRADIENT_SIGMA_PX = 1.0
_LEVELS = 64
_LEAST_VARIANCE = 0.1  # of the median, that a pixel's weight counts with
_LEAST_PIXELS = 100
_LEAST_SHARE = 1e-3
_COARSE_VARIANCE_ADU2 = 2.0  # below, rounding may show, and the pairs' histogram is kept


@dataclass(frozen=True)
class Cubic:
    """Third cumulant of the noise, ADU^3, at a mean, ADU, with its standard error.

    Averages over U with weights 1 / v^2, so that the brightest pixels' noise does not bury it.
    """

    third_adu3: float
    mean_adu: float
    error_adu3: float


@dataclass(frozen=True, eq=False)
class Stack:
    """A reduced stack. Sums over frames are divided by n - 1, so that noise gives its variance.

    Parameters
    ----------
    number
        Stacks added before it.
    n, exposure_ms, light, dark, flat
        As they were added.
    mean_adu, variance_adu2
        (h, w) m and s2.
    frame_deviations_adu
        (n,) means of y_k - m over U.
    unclipped_mean_adu, unclipped_variance_adu2
        Means of m and s2 over U.
    variance_spread
        Mean square of the true variances over U, over the square of their mean: 1 for even light.
    unclipped
        Pixels in U.
    clipped_low, clipped_high
        Share of all values at 0 and at the top.
    row_excess_adu2, column_excess_adu2, block_excess_adu2
        Variance that whole rows, columns, blocks of 32 x 32 pixels share.
    neighbours_adu2
        Covariance of e with its neighbour in the next column, in the next row.
    next_frame_adu2
        Covariance of e with the next frame's; None for two frames, where it is -s2 / 2 anyway.
    motion_px, motion_adu2
        Rms shift from the mean image, and the variance that it makes.
    cubic
        Third cumulant; None for two frames.
    codes
        (k,) how many pixels of all frames read 0, 1, ... ADU.
    levels
        (k, 3) of pixels sorted by their means: median of the means and mean of the temporal
        variances, flicker included, ADU and ADU^2, and how many pixels.
    pairs
        (k, 3) values of the first and the second of two frames, and how many pixels had them; None
        where noise is wide enough for rounding not to show.
    """

    number: int
    n: int
    exposure_ms: float
    light: float
    dark: bool
    flat: bool
    mean_adu: Floats32
    variance_adu2: Floats32
    frame_deviations_adu: Floats
    unclipped_mean_adu: float
    unclipped_variance_adu2: float
    variance_spread: float
    unclipped: int
    clipped_low: float
    clipped_high: float
    row_excess_adu2: float
    column_excess_adu2: float
    block_excess_adu2: float
    neighbours_adu2: tuple[float, float]
    next_frame_adu2: float | None
    motion_px: float
    motion_adu2: float
    cubic: Cubic | None
    codes: NDArray[np.int64]
    levels: Floats
    pairs: NDArray[np.int64] | None


def reduce_stack(
    number: int,
    frames: NDArray[Any],
    exposure_ms: float,
    light: float,
    dark: bool,
    flat: bool,
    top_adu: int,
) -> Stack:
    """Reduce checked frames (n, h, w), of integers up to ``top_adu``."""
    n = len(frames)
    mean = frames.mean(axis=0, dtype=np.float64)
    inside = np.asarray(((frames > 0) & (frames < top_adu)).all(axis=0))
    noise, deviations = _without_flicker(frames, mean, inside)
    variance = np.einsum("kij,kij->ij", noise, noise, dtype=np.float64) / (n - 1)
    count = int(inside.sum())
    if count > 2:  # a and b were fitted to them
        variance[inside] *= count / (count - 2)
    noise *= inside
    shift_px, motion_adu2 = _motion(noise, mean, inside)
    return Stack(
        number=number,
        n=n,
        exposure_ms=exposure_ms,
        light=light,
        dark=dark,
        flat=flat,
        mean_adu=mean.astype(np.float32),
        variance_adu2=variance.astype(np.float32),
        frame_deviations_adu=deviations,
        unclipped_mean_adu=_mean_over(mean, inside),
        unclipped_variance_adu2=_mean_over(variance, inside),
        variance_spread=_spread(variance, inside, n),
        unclipped=int(inside.sum()),
        clipped_low=float((frames == 0).mean()),
        clipped_high=float((frames == top_adu).mean()),
        row_excess_adu2=_shared(noise.sum(axis=2), variance, inside, axis=1),
        column_excess_adu2=_shared(noise.sum(axis=1), variance, inside, axis=0),
        block_excess_adu2=_blocks_share(noise, variance, inside),
        neighbours_adu2=(_neighbours(noise, inside, 1), _neighbours(noise, inside, 0)),
        next_frame_adu2=_next_frame(noise, inside),
        motion_px=shift_px,
        motion_adu2=motion_adu2,
        cubic=_cubic(noise, mean, variance, inside),
        codes=_counted(frames, top_adu),
        levels=_levels(frames, mean),
        pairs=_pairs(frames, _mean_over(variance, inside)),
    )


def _counted(frames: NDArray[Any], top_adu: int) -> NDArray[np.int64]:
    counts = np.zeros(top_adu + 1, dtype=np.int64)
    for frame in frames:
        counts += np.bincount(frame.reshape(-1), minlength=top_adu + 1)
    return counts


def _mean_over(image: Floats, inside: NDArray[np.bool_]) -> float:
    return float(image[inside].mean()) if inside.any() else float("nan")


def _spread(variance: Floats, inside: NDArray[np.bool_], n: int) -> float:
    """E v^2 / (E v)^2, where E s2^2 = E v^2 (1 + 2 / (n - 1)) for Gaussian noise."""
    if not inside.any() or not variance[inside].any():
        return 1.0
    kept = variance[inside]
    return max(1.0, float((kept**2).mean() / kept.mean() ** 2) / (1 + 2 / (n - 1)))


def _without_flicker(
    frames: NDArray[Any], mean: Floats, inside: NDArray[np.bool_]
) -> tuple[Floats32, Floats]:
    """Return e, (n, h, w), and the means of y_k - m over U."""
    centred = mean - (mean[inside].mean() if inside.any() else mean.mean())
    shape = centred[inside]
    power = float(shape @ shape)
    noise = np.empty(frames.shape, np.float32)
    deviations = np.zeros(len(frames))
    for k, frame in enumerate(frames):
        left = frame - mean
        if inside.any():
            deviations[k] = left[inside].mean()
            slope = float(left[inside] @ shape) / power if power > 0 else 0.0
            # what is clipped does not flicker
            left -= inside * (deviations[k] + slope * centred)
        noise[k] = left
    return noise, deviations


def _shared(sums: NDArray[Any], variance: Floats, inside: NDArray[np.bool_], axis: int) -> float:
    """Variance that groups of pixels share: of their sums (n, groups), less the pixels' own."""
    counts = inside.sum(axis=axis)
    own = (variance * inside).sum(axis=axis)
    return _excess(sums, own, counts)


def _excess(sums: NDArray[Any], own: Floats, counts: NDArray[np.integer]) -> float:
    some = counts > 1
    if not some.any():
        return 0.0
    total = (sums[:, some].astype(np.float64) ** 2).sum(axis=0) / (len(sums) - 1)
    pairs = counts[some] * (counts[some] - 1.0)
    return float((total - own[some]).sum() / pairs.sum())


def _blocks_share(noise: Floats32, variance: Floats, inside: NDArray[np.bool_]) -> float:
    size = min(BLOCK_PX, *inside.shape)
    rows, columns = (length // size for length in inside.shape)

    def sums(image: NDArray[Any]) -> NDArray[Any]:
        cut = image[..., : rows * size, : columns * size]
        parts = cut.reshape(*cut.shape[:-2], rows, size, columns, size)
        return np.asarray(parts.sum(axis=(-3, -1)).reshape(*cut.shape[:-2], rows * columns))

    return _excess(sums(noise), sums(variance * inside), sums(inside.astype(np.int64)))


def _neighbours(noise: Floats32, inside: NDArray[np.bool_], axis: int) -> float:
    ahead = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
    behind = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
    count = int((inside[ahead] & inside[behind]).sum())
    total = sum(float(np.vdot(e[ahead], e[behind])) for e in noise)
    return total / (len(noise) - 1) / max(count, 1)


def _next_frame(noise: Floats32, inside: NDArray[np.bool_]) -> float | None:
    """Covariance of a frame's noise with the next one's; taking off the mean costs s2 / n."""
    n = len(noise)
    if n < 3:
        return None
    count = max(int(inside.sum()), 1)
    lag = sum(float(np.vdot(noise[k], noise[k + 1])) for k in range(n - 1)) / (n - 1)
    own = sum(float(np.vdot(e, e)) for e in noise) / (n - 1)
    return (lag + own / n) / count


def _motion(noise: Floats32, mean: Floats, inside: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit each frame's shift to its noise: e_k = -shift . gradient of m, by least squares.

    The gradient's filter leaves out the pixel itself, so that noise in m cannot pass for motion.
    """
    slopes = [
        (scipy.ndimage.gaussian_filter(mean, _GRADIENT_SIGMA_PX, order=order) * inside).ravel()
        for order in ((1, 0), (0, 1))
    ]
    basis = np.stack(slopes)
    gram = basis @ basis.T
    if np.linalg.matrix_rank(gram) < 2:
        return 0.0, 0.0
    products = noise.reshape(len(noise), -1) @ basis.T
    shifts = np.linalg.solve(gram, products.T)
    power = float(np.einsum("ik,ij,jk->", shifts, gram, shifts)) / (len(noise) - 1)
    shift_px = float(np.sqrt((shifts**2).sum() / (len(noise) - 1)))
    return shift_px, power / max(int(inside.sum()), 1)


def _cubic(
    noise: Floats32, mean: Floats, variance: Floats, inside: NDArray[np.bool_]
) -> Cubic | None:
    """Average the third k-statistic, n sum e^3 / ((n - 1) (n - 2)), of variance 6 v^3 f."""
    n = len(noise)
    if n < 3 or not inside.any():
        return None
    around = scipy.ndimage.convolve(
        variance, NEIGHBOURS, mode="mirror"
    )  # independent of the pixel's own
    v = np.maximum(around, _LEAST_VARIANCE * float(np.median(around[inside])) + 1e-9)
    weight = inside / v**2
    weight /= weight.sum()
    f = n / ((n - 1) * (n - 2))
    cubes = sum(float((weight * e.astype(np.float64) ** 3).sum()) for e in noise)
    return Cubic(
        third_adu3=f * cubes,
        mean_adu=float((weight * mean).sum()),
        error_adu3=float(np.sqrt(6 * f * (weight**2 * v**3).sum())),
    )


def _levels(frames: NDArray[Any], mean: Floats) -> Floats:
    """Sort pixels by their means into steps of equal width, and drop those that hold few."""
    variance = frames.var(axis=0, ddof=1, dtype=np.float64)
    low, high = float(mean.min()), float(mean.max())
    place = np.minimum((mean - low) * (_LEVELS / max(high - low, 1e-9)), _LEVELS - 1).astype(int)
    rows = [
        (float(np.median(mean[chosen])), float(variance[chosen].mean()), float(chosen.sum()))
        for level in range(_LEVELS)
        if (chosen := place == level).sum() >= max(_LEAST_PIXELS, _LEAST_SHARE * mean.size)
    ]
    return np.array(rows).reshape(-1, 3)


def _pairs(frames: NDArray[Any], variance_adu2: float) -> NDArray[np.int64] | None:
    # steps between codes are not known yet, and noise is narrow or wide by them
    step = max(2, int(np.gcd.reduce(np.unique(frames[0]))))
    if not variance_adu2 < _COARSE_VARIANCE_ADU2 * step**2:
        return None
    even = len(frames) // 2 * 2
    first, second = (frames[start:even:2].astype(np.int64).ravel() for start in (0, 1))
    span = int(max(first.max(), second.max())) + 1
    codes, counts = np.unique(first * span + second, return_counts=True)
    return np.stack([codes // span, codes % span, counts], axis=1)
