"""What differences of successive repeats say of the noise, as sums that add up.

a, b : successive repeats of a field      m : mean of the field's repeats
d    : b - a - c - beta (m - mean m), with the c and beta that fit best

Scene and fixed pattern cancel in a difference; what is left holds twice the noise's variance. A
lamp that flickers changes all pixels by a share of their light: c + beta (m - mean m), taken out
first, so that it is not mistaken for noise, and kept in a sum of its own.

Sums are also kept by level of light, a quarter of an octave each. A pixel's level is that of the
mean of its eight neighbours, whose noise is independent of its own: sorting by the pixel itself
would choose the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hil.information.noise_model import Floats

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

    @classmethod
    def of(
        cls,
        repeats: NDArray[np.float32],
        usable: NDArray[np.bool_] | None = None,
        about_adu: float = 0.0,
    ) -> DifferenceSums:
        """Sum over repeats (..., R, H, W), R at least 2, less ``about_adu``.

        Parameters
        ----------
        usable
            (H, W), true where pixels may be used; None for all.
        """
        height, width = repeats.shape[-2:]
        used = np.ones((height, width), dtype=bool) if usable is None else usable
        total = cls()
        if not used.any():
            return total
        for stack in repeats.reshape(-1, *repeats.shape[-3:]):
            mean = stack.mean(axis=0)
            for before, after in pairwise(stack):
                total = total + cls._of_pair(after - before, mean, used, about_adu)
        return total

    @classmethod
    def _of_pair(
        cls,
        difference: NDArray[np.float32],
        mean: NDArray[np.float32],
        used: NDArray[np.bool_],
        about_adu: float,
    ) -> DifferenceSums:
        n = float(np.count_nonzero(used))
        d, shift = _without_common(difference, mean, used)
        square = float(np.vdot(d, d))
        row_pixels, column_pixels = used.sum(axis=1), used.sum(axis=0)
        level = _levels(mean, about_adu)[used]
        return cls(
            square=square,
            along=float(np.vdot(d[:, :-1], d[:, 1:])),
            down=float(np.vdot(d[:-1], d[1:])),
            size=n,
            size_along=float(np.count_nonzero(used[:, :-1] & used[:, 1:])),
            size_down=float(np.count_nonzero(used[:-1] & used[1:])),
            rows=_of_lines(d.sum(axis=1, dtype=np.float64), row_pixels),
            columns=_of_lines(d.sum(axis=0, dtype=np.float64), column_pixels),
            n_rows=float(np.count_nonzero(row_pixels)),
            n_columns=float(np.count_nonzero(column_pixels)),
            common=shift**2,
            common_noise=square / n**2,
            n_common=1.0,
            level_square=_by_level(level, d[used].astype(np.float64) ** 2),
            level_mean=_by_level(level, mean[used].astype(np.float64) + about_adu),
            level_size=_by_level(level, np.ones(level.size)),
        )

    def __add__(self, other: DifferenceSums) -> DifferenceSums:
        own = fields(self)
        return DifferenceSums(*(getattr(self, f.name) + getattr(other, f.name) for f in own))

    def scaled(self, weight: float) -> DifferenceSums:
        """Count these differences ``weight`` times."""
        return DifferenceSums(*(weight * getattr(self, f.name) for f in fields(self)))


def _without_common(
    difference: NDArray[np.float32], mean: NDArray[np.float32], used: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], float]:
    """d, 0 where pixels are not used, and c."""
    difference = np.where(used, difference, 0)
    contrast = np.where(used, mean - mean[used].mean(dtype=np.float64), 0).astype(np.float32)
    shift = float(difference[used].mean(dtype=np.float64))
    power = float(np.vdot(contrast, contrast))
    slope = float(np.vdot(contrast, difference)) / power if power > 0 else 0.0
    common = np.float32(shift) + np.float32(slope) * contrast
    return np.where(used, difference - common, 0), shift


def _levels(mean: NDArray[np.float32], about_adu: float) -> NDArray[np.intp]:
    """Level of each pixel of (H, W), from its neighbours."""
    from scipy.ndimage import uniform_filter

    neighbours = (9 * uniform_filter(mean, 3, mode="mirror") - mean) / 8 + about_adu
    octave = np.log2(np.maximum(neighbours, 1.0))
    result: NDArray[np.intp] = np.minimum(_PER_OCTAVE * octave, N_LEVELS - 1).astype(np.intp)
    return result


def _by_level(level: NDArray[np.intp], values: Floats) -> Floats:
    """Sum values over each level."""
    return np.asarray(np.bincount(level, values, N_LEVELS), dtype=np.float64)


def _of_lines(sums: Floats, pixels: NDArray[np.intp]) -> float:
    return float(np.sum(sums**2 / np.maximum(pixels, 1)))
