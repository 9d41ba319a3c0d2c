"""Pixels of an image that stand alone, and what would be there without them.

y    : pixel
c_k  : what each of four lines through it says that it should be, along the row, the column and both
       diagonals: [4 (y_1 + y_-1) - (y_2 + y_-2)] / 6, exact for a scene that is cubic in the place
c    : their median        d = y - c
t    : what noise can make d, 5 standard deviations and Bernstein's allowance for steps; more where
       the scene is rougher than lines tell (`_roughness`)
n_j  : what each of the four nearest pixels has more than the like of it across says, median n

A pixel stands alone where |d| > t, where the lines agree, |c_k - c| < |d| / 4 for all but one, and
where the nearest pixels have no part of it, |n| < 0.15 |d|: of a point behind optics of 0.7 pixels,
rms, or more, they have 0.28 d or more. Without it, c would be there, and its noise.

Tracks of particles are a pixel wide: every pixel of them stands out along its row or its column
(`narrow`), or does when its neighbours are out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.diagnostics.spikes import SpikeLimit

Singles = NDArray[np.float32]

SINGLE = 0.66  # 5 sqrt(1.25 v) of a pixel against 6 sqrt(2 v) of a difference of two
_MOST_CANDIDATES = 0.05  # share of the pixels
_LINES, _NEAREST = 0.25, 0.15
_REACH = 2
_PASSES, _TRACK_PASSES = 3, 6
_ALONG_ONE = 1.25  # sd of a pixel against one line, over that against the median of four
_SIDES = 0.2  # of d, that pixels beside a track may differ from the next
_TELLING = 2039  # pixels that tell how rough a scene is; prime, so that they are in all columns
_BY_NOISE = 0.55
_MOST_ROUGH = 4.0  # times what the median says
_HIGH_TO_MEDIAN = 3.45  # of normal |d|, the 98th percentile over the median
_LEFT = 0.4  # of the noise's variance; c has the rest
_AROUND = [(r, q) for r in range(-2, 3) for q in range(-2, 3) if (r, q) != (0, 0)]
EIGHT = [i for i, (r, q) in enumerate(_AROUND) if max(abs(r), abs(q)) == 1]
_FOUR = ((0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass(frozen=True, slots=True)
class Isolated:
    """Pixels that stand alone.

    Parameters
    ----------
    at
        (3, n) image, row and column.
    height_adu
        (n,) d.
    level_adu
        (n,) c.
    """

    at: NDArray[np.intp]
    height_adu: Singles
    level_adu: Singles

    def __len__(self) -> int:
        """How many."""
        return int(self.at.shape[1])

    def some(self, kept: NDArray[np.bool_]) -> Isolated:
        """Those of ``kept``."""
        return Isolated(self.at[:, kept], self.height_adu[kept], self.level_adu[kept])


def isolated(
    images: NDArray[Any],
    limit: SpikeLimit,
    share: float = SINGLE,
    *,
    rough: bool = True,
    tracks: bool = False,
) -> Isolated:
    """Find the pixels of images (n, H, W) that stand alone.

    Parameters
    ----------
    limit
        What noise makes the difference of two pixels.
    share
        Of ``limit``, that t is.
    rough
        Whether t is more where the scene is rough.
    tracks
        Whether pixels count too that stand out along their row or column alone.
    """
    if min(images.shape[1:]) <= 2 * _REACH:
        return nothing()
    least = share * float(limit.limit.min()) / 2
    found = []
    for i, given in enumerate(images):  # one at a time stays in the cache
        image, own = given[None], share * (_roughness(given, limit, share) if rough else 1.0)
        at = _candidates(given, least, tracks)
        for _ in range(_TRACK_PASSES if tracks else _PASSES):
            place = np.stack([np.zeros_like(at[0]), *at])
            alone = _alone(image, place, limit, own, tracks)
            if not len(alone):
                break
            image = image.copy()
            image[tuple(alone.at)] = np.rint(alone.level_adu)
            at = _around(alone.at[1:], given.shape)  # those that another had hidden
            if tracks and own > share:  # by the tracks themselves, maybe
                own = share * _roughness(image[0], limit, share)
            alone.at[0] = i
            found.append(alone)
    return joined(found)


def _candidates(image: NDArray[Any], least: float, tracks: bool) -> tuple[NDArray[np.intp], ...]:
    """Rows and columns of the pixels worth a look: of too many, those that stick out farthest."""
    excess = _excess_along(image) if tracks else _excess(image)
    while True:
        at = np.nonzero(excess > least)
        if at[0].size <= _MOST_CANDIDATES * image.size:
            return at
        least *= 2


def _around(at: NDArray[np.intp], shape: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    """Rows and columns of all pixels that have one of ``at`` (2, n) within reach."""
    near = np.zeros(shape, dtype=bool)
    for down, across in (*_AROUND, (0, 0)):
        near[_folded(at[0] + down, shape[0]), _folded(at[1] + across, shape[1])] = True
    return np.nonzero(near)


def _roughness(image: NDArray[Any], limit: SpikeLimit, share: float) -> float:
    """By how much more than noise can pixels differ from c because the scene does, 1 or more.

    The 98th percentile of |d| / t is 0.5 by noise alone. Where it is more, tails are the scene's,
    and longer; or many tracks cross it, of which the median knows nothing.
    """
    width = image.shape[1]
    some = np.linspace(0, image.size - 1, min(image.size, _TELLING)).astype(np.intp)
    at = np.stack([np.zeros_like(some), *np.divmod(some, width)])
    level = expected(surroundings(image[None], at))
    d = np.abs(image[tuple(at[1:])].astype(np.float32) - level)
    relative = d / (share * np.interp(level, limit.adu, limit.limit))
    median, high = np.quantile(relative, (0.5, 0.98))
    usual = max(1.0, (_HIGH_TO_MEDIAN * float(median) / _BY_NOISE) ** 2)
    return min(max(1.0, (float(high) / _BY_NOISE) ** 2), _MOST_ROUGH * usual)


def _alone(
    images: NDArray[Any], at: NDArray[np.intp], limit: SpikeLimit, share: float, tracks: bool
) -> Isolated:
    near, own = surroundings(images, at), images[tuple(at)].astype(np.float32)
    lines = _lines(near)
    level = _median_of_four(lines)
    size = np.abs(own - level)
    apart = _second_of_four(np.abs(lines - level))  # one may have another spike
    far = size > share * np.interp(level, limit.adu, limit.limit)
    alone = far & (apart < _LINES * size) & (np.abs(_nearest(near)) < _NEAREST * size)
    mirrored = _mirrored(at, images.shape[1:])
    for along, across in zip(lines[:2], mirrored[::-1], strict=True):
        # at an edge the line along it alone is no mirror image
        alone &= ~across | (np.abs(along - level) < _LINES * size)
    if tracks:
        for step, along, mirror in zip(((0, 1), (1, 0)), lines[:2], mirrored, strict=True):
            other = ~alone & ~mirror & narrow(near, own, step, along, share, limit)
            level[other] = along[other]
            alone |= other
    return Isolated(at, own - level, level).some(alone)


def _mirrored(at: NDArray[np.intp], shape: tuple[int, ...]) -> list[NDArray[np.bool_]]:
    """Whether the row through a pixel ends there, and the column."""
    return [(at[i] == 0) | (at[i] == shape[i - 1] - 1) for i in (2, 1)]


def narrow(
    near: Singles,
    own: Singles,
    step: tuple[int, int],
    level: Singles,
    share: float,
    limit: SpikeLimit,
) -> NDArray[np.bool_]:
    """Whether pixels stand out along one line, both sides of which are even and alike.

    Parameters
    ----------
    near, own
        Surroundings and pixels themselves.
    step
        Down and across, of the line.
    level
        What the line says that pixels should be.
    """
    one, other, further, furthest = (
        near[_AROUND.index((k * step[0], k * step[1]))] for k in (-1, 1, -2, 2)
    )
    size = own - level
    far = size > _ALONG_ONE * share * np.interp(level, limit.adu, limit.limit)
    even = np.maximum(np.abs(one - further), np.abs(other - furthest)) < _SIDES * size
    result: NDArray[np.bool_] = far & even & (np.abs(one - other) < 2 * _SIDES * size)
    return result


def surroundings(images: NDArray[Any], at: NDArray[np.intp]) -> Singles:
    """(24, n) pixels around those of images (n, H, W) at ``at``."""
    height, width = images.shape[1:]
    image, row, column = at
    steps = range(-_REACH, _REACH + 1)
    rows = {down: (image * height + _folded(row + down, height)) * width for down in steps}
    columns = {across: _folded(column + across, width) for across in steps}
    pixels = images.reshape(-1)
    near = np.empty((len(_AROUND), row.size), dtype=np.float32)
    for one, (down, across) in zip(near, _AROUND, strict=True):
        one[:] = pixels[rows[down] + columns[across]]
    return near


def expected(near: Singles) -> Singles:
    """Give c of pixels with surroundings ``near``."""
    return _median_of_four(_lines(near))


def drawn(level_adu: Singles, limit: SpikeLimit, rng: np.random.Generator) -> Singles:
    """Give what pixels might read in place of spikes, with noise."""
    sd = np.sqrt(_LEFT * np.interp(level_adu, limit.adu, limit.variance))
    return np.asarray(level_adu + sd * rng.standard_normal(len(level_adu)), dtype=np.float32)


def _lines(near: Singles) -> Singles:
    return np.stack([_between(near, (0, 0), step) for step in ((0, 1), (1, 0), (1, 1), (1, -1))])


def _nearest(near: Singles) -> Singles:
    each = []
    for place in _FOUR:
        across = (place[1], place[0])
        each.append(near[_AROUND.index(place)] - _between(near, place, across))
    return _median_of_four(np.stack(each))


def _median_of_four(values: Singles) -> Singles:
    """(n,) medians of (4, n): numpy's own, without the partition, which takes most of the time."""
    low, high = _pairs(values)
    result: Singles = (np.maximum(*low) + np.minimum(*high)) / 2
    return result


def _second_of_four(values: Singles) -> Singles:
    """(n,) second largest of (4, n)."""
    low, high = _pairs(values)
    result: Singles = np.maximum(np.maximum(*low), np.minimum(*high))
    return result


def _pairs(values: Singles) -> tuple[Singles, Singles]:
    """(2, n) lesser and larger of the first two of (4, n), and of the last two."""
    one, other = values[::2], values[1::2]
    return np.minimum(one, other), np.maximum(one, other)


def _between(near: Singles, place: tuple[int, int], step: tuple[int, int]) -> Singles:
    """Interpolate a pixel from two on either side."""
    one, other, further, furthest = (
        near[_AROUND.index((place[0] + k * step[0], place[1] + k * step[1]))]
        for k in (-1, 1, -2, 2)
    )
    result: Singles = (4 * (one + other) - (further + furthest)) / 6
    return result


def joined(found: list[Isolated]) -> Isolated:
    """All of several."""
    if not found:
        return nothing()
    return Isolated(
        np.concatenate([one.at for one in found], axis=1),
        np.concatenate([one.height_adu for one in found]),
        np.concatenate([one.level_adu for one in found]),
    )


def nothing() -> Isolated:
    """None at all."""
    none = np.zeros(0, dtype=np.float32)
    return Isolated(np.zeros((3, 0), dtype=np.intp), none, none)


def _excess(image: NDArray[Any]) -> NDArray[Any]:
    """By how much pixels of (H, W) are more than all their neighbours, or less."""
    height, width = image.shape
    padded = np.pad(image, 1, mode="reflect")
    shifted = [
        padded[1 + down : 1 + down + height, 1 + across : 1 + across + width]
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
        if (down, across) != (0, 0)
    ]
    high, low = shifted[0].copy(), shifted[0].copy()
    for one in shifted[1:]:
        np.maximum(high, one, out=high)
        np.minimum(low, one, out=low)
    kind = image.dtype if image.dtype.kind == "f" else np.dtype(np.int64)
    if image.dtype.kind != "f" and image.dtype.itemsize <= 2:
        kind = np.dtype(np.int32)
    result: NDArray[Any] = np.subtract(image, high, dtype=kind)
    np.maximum(result, np.subtract(low, image, dtype=kind), out=result)
    return result


def _excess_along(image: NDArray[Any]) -> NDArray[Any]:
    """By how much pixels of (H, W) are more than both neighbours in their row, or column, or less.

    Tracks are brighter than what is around them; single pixels may be darker.
    """
    padded = np.pad(image, 1, mode="reflect")
    kind = np.result_type(image.dtype, np.int32) if image.dtype.kind != "f" else image.dtype
    across = np.maximum(padded[1:-1, :-2], padded[1:-1, 2:])
    down = np.maximum(padded[:-2, 1:-1], padded[2:, 1:-1])
    above = np.subtract(image, np.minimum(across, down), dtype=kind)
    least = np.minimum(padded[1:-1, :-2], padded[1:-1, 2:])
    np.minimum(least, padded[:-2, 1:-1], out=least)
    np.minimum(least, padded[2:, 1:-1], out=least)
    result: NDArray[Any] = np.maximum(above, np.subtract(least, image, dtype=kind))
    return result


def _folded(at: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Places beyond the ends of 0 to n - 1, mirrored."""
    result: NDArray[np.intp] = n - 1 - np.abs(n - 1 - np.abs(at))
    return result
