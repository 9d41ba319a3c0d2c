"""What differences of successive repeats say of the noise, as sums that add up.

a, b : successive repeats of a field      m : mean of the field's repeats
d    : b - a - c - beta (m - mean m), with the c and beta that fit best

Scene and fixed pattern cancel in a difference; what is left holds twice the noise's variance. A
lamp that flickers changes all pixels by a share of their light: c + beta (m - mean m), taken out
first, so that it is not mistaken for noise, and kept in a sum of its own.

Pixels that differ by more than noise can are left out of all sums and counted (`spikes`).

Sums are also kept by level of light, a quarter of an octave each. A pixel's level is that of the
mean of its eight neighbours, whose noise is independent of its own: sorting by the pixel itself
would choose the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.diagnostics.spikes import SpikeLimit

N_LEVELS = 96
_PER_OCTAVE = 4


def _no_levels() -> Floats:
    return np.zeros(N_LEVELS)


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceSums:
    """Sums over differences of successive repeats; see the module.

    Parameters
    ----------
    square, along, down
        Sums of d^2, and of products of neighbours along rows and along columns, ADU^2.
    size, size_along, size_down
        How many terms each has.
    rows, columns
        Sum over rows (columns) of (sum of d)^2 / pixels: each is d's variance where pixels are
        independent.
    n_rows, n_columns
        How many rows and columns.
    common
        Sum of c^2: of how far successive frames differ in their mean, ADU^2.
    common_noise
        Sum over differences of d's variance over their pixels: what of ``common`` noise makes.
    n_common
        Number of differences.
    level_square, level_mean, level_size
        (96,) sums by level of light: d^2, m in ADU, and pixels.
    spikes, spike_log2, spike_square
        Number of differences that were left out, sum of log2 of how many widths of the noise each
        has, and sum of their squares.
    """

    square: float = 0.0
    along: float = 0.0
    down: float = 0.0
    size: float = 0.0
    size_along: float = 0.0
    size_down: float = 0.0
    rows: float = 0.0
    columns: float = 0.0
    n_rows: float = 0.0
    n_columns: float = 0.0
    common: float = 0.0
    common_noise: float = 0.0
    n_common: float = 0.0
    level_square: Floats = field(default_factory=_no_levels)
    level_mean: Floats = field(default_factory=_no_levels)
    level_size: Floats = field(default_factory=_no_levels)
    spikes: float = 0.0
    spike_log2: float = 0.0
    spike_square: float = 0.0

    @classmethod
    def of(
        cls,
        repeats: NDArray[np.float32],
        usable: NDArray[np.bool_] | None = None,
        about_adu: float = 0.0,
        limit: SpikeLimit | None = None,
    ) -> DifferenceSums:
        """Sum over repeats (..., R, H, W), R at least 2, less ``about_adu``.

        Parameters
        ----------
        usable
            (H, W), true where pixels may be used; None for all.
        limit
            What noise may make a difference; None where all differences count.
        """
        height, width = repeats.shape[-2:]
        used = np.ones((height, width), dtype=bool) if usable is None else usable
        n = float(np.count_nonzero(used))
        if n == 0 or repeats.size == 0:
            return cls()
        stacks = repeats.reshape(-1, *repeats.shape[-3:])
        mean = stacks.mean(axis=1)
        differences = np.diff(stacks, axis=1)
        kept = np.broadcast_to(used, differences.shape)
        spikes = spike_log2 = spike_square = 0.0
        if limit is not None:
            beyond = used & limit.exceeded(differences, mean + np.float32(about_adu))
            kept = kept & ~beyond
            spikes = float(np.count_nonzero(beyond))
            lit = np.broadcast_to(mean[:, None], differences.shape)[beyond] + about_adu
            spike_log2 = limit.log2_ratio(differences[beyond], lit)
            spike_square = float((differences[beyond].astype(np.float64) ** 2).sum())
        d, shift = _without_common(differences, mean, kept)
        square, size = float(np.vdot(d, d)), float(np.count_nonzero(kept))
        row_pixels, column_pixels = used.sum(axis=1), used.sum(axis=0)
        level = _levels(mean, about_adu)[:, used].ravel()
        times = kept.sum(axis=1)[:, used].astype(np.float64)
        level_square = (d[..., used].astype(np.float64) ** 2).sum(axis=1)
        level_mean = times * (mean[:, used].astype(np.float64) + about_adu)
        return cls(
            square=square,
            along=float(np.vdot(d[..., :-1], d[..., 1:])),
            down=float(np.vdot(d[..., :-1, :], d[..., 1:, :])),
            size=size,
            size_along=float(np.count_nonzero(kept[..., :-1] & kept[..., 1:])),
            size_down=float(np.count_nonzero(kept[..., :-1, :] & kept[..., 1:, :])),
            rows=_of_lines(d.sum(axis=-1, dtype=np.float64), row_pixels),
            columns=_of_lines(d.sum(axis=-2, dtype=np.float64), column_pixels),
            n_rows=float(shift.size * np.count_nonzero(row_pixels)),
            n_columns=float(shift.size * np.count_nonzero(column_pixels)),
            common=float((shift**2).sum()),
            common_noise=square / n**2,
            n_common=float(shift.size),
            level_square=_by_level(level, level_square.ravel()),
            level_mean=_by_level(level, level_mean.ravel()),
            level_size=_by_level(level, times.ravel()),
            spikes=spikes,
            spike_log2=spike_log2,
            spike_square=spike_square,
        )

    def __add__(self, other: DifferenceSums) -> DifferenceSums:
        own = fields(self)
        return DifferenceSums(*(getattr(self, f.name) + getattr(other, f.name) for f in own))

    def scaled(self, weight: float) -> DifferenceSums:
        """Count these differences ``weight`` times."""
        return DifferenceSums(*(weight * getattr(self, f.name) for f in fields(self)))


def _without_common(
    differences: NDArray[np.float32], mean: NDArray[np.float32], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], Floats]:
    """Differences d (F, R - 1, H, W), 0 where pixels are not kept, and c (F, R - 1).

    Parameters
    ----------
    differences
        (F, R - 1, H, W) of successive repeats.
    mean
        (F, H, W) of the repeats.
    kept
        (F, R - 1, H, W) which of them count.
    """
    n = np.maximum(kept.sum(axis=(-2, -1)), 1)
    d = np.where(kept, differences, np.float32(0))
    shift = d.sum(axis=(-2, -1), dtype=np.float64) / n
    level = np.where(kept, mean[:, None], np.float32(0))
    centre = (level.sum(axis=(-2, -1), dtype=np.float64) / n).astype(np.float32)
    level -= centre[..., None, None]
    level[~kept] = 0
    column = level.reshape(*n.shape, -1, 1)
    across = column.swapaxes(-1, -2)
    power = (across @ column)[..., 0, 0]
    together = (across @ d.reshape(column.shape))[..., 0, 0]
    slope = np.divide(together, power, out=np.zeros_like(together), where=power > 0)
    d -= shift.astype(np.float32)[..., None, None]
    d -= slope[..., None, None] * level
    d[~kept] = 0
    return d, shift


def _levels(mean: NDArray[np.float32], about_adu: float) -> NDArray[np.intp]:
    """Level of each pixel of (F, H, W), from its neighbours."""
    from scipy.ndimage import uniform_filter

    neighbours = (9 * uniform_filter(mean, (1, 3, 3), mode="mirror") - mean) / 8 + about_adu
    octave = np.log2(np.maximum(neighbours, 1.0))
    result: NDArray[np.intp] = np.minimum(_PER_OCTAVE * octave, N_LEVELS - 1).astype(np.intp)
    return result


def _by_level(level: NDArray[np.intp], values: Floats) -> Floats:
    """Sum values over each level."""
    return np.asarray(np.bincount(level, values, N_LEVELS), dtype=np.float64)


def _of_lines(sums: Floats, pixels: NDArray[np.intp]) -> float:
    return float(np.sum(sums**2 / np.maximum(pixels, 1)))
