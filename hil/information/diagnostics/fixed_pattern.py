"""What all fields of view share, pixel by pixel: how much of it passes for information.

m_f   : mean over repeats of field f, less the mean of all        F : fields
A(x)  : autocovariance of an image within its tiles of p x p pixels
A_pat = [F A(mean_f m_f) - mean_f A(m_f)] / (F - 1)
A_tot = mean_f A(m_f), with a single frame's noise at lag 0
S     : (p p, p p) doubly Toeplitz covariance of a patch built from A

Products of two different fields know nothing of either's noise, and on average nothing of their
scenes: A_pat is their mean, a U-statistic for the autocovariance of pixel response, shading, dust
and stray light. What these add to the entropy of a stationary Gaussian is

    bits = [ln det S(A_tot) - ln det S(A_tot - A_pat)] / (2 p p ln 2),

both with eigenvalues of at least the noise's variance. The jackknife over fields says how much of
it is chance: with few fields, much. What scenes share is pattern too, and rightly so: what is
always there tells nothing about which scene it is. But a pattern that is multiplied by the light is
seen here only as far as the mean light goes; the rest takes maps.

Scenes with much contrast hide the camera's pixels in their chance. Differences along rows and
columns have little of what optics leave of a scene, and all of pixels that differ by themselves:
the mean product of two fields' is looked at beside it (`few_fields.shared_variance`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.stationary.centrosymmetric import Halves
from hil.information.densities.stationary.masked_lags import lag_products
from hil.information.diagnostics.few_fields import shared_variance
from hil.information.diagnostics.flags import about, middle
from hil.information.diagnostics.spikes import SpikeLimit, spike_bits
from hil.information.sample.checks import CheckedFrames

_SIDE = 256  # pixels: of the frames' middle, which is looked at
_MOST_FIELDS = 32
_PATCH = 16
_GROUPS = 8  # of fields, of the jackknife
FEW_FIELDS = 4  # fewer show no pattern apart from their scenes
_ENOUGH_FIELDS = 8
_SIGMAS = 4.0
_LEAST_BITS = 0.005
_MOST_BITS = 0.02
_HOT_SPREADS = 6.0
_THINNED = 7  # pixels of which one tells a field's median
_LARGEST_SHARE = 0.5
_APPROXIMATE = 0.15
_BLOCK = 8  # columns


@dataclass(frozen=True, slots=True)
class PatternCheck:
    """What fields share.

    Parameters
    ----------
    bits
        Per pixel, that it passes for.
    se_bits
        Standard error, from the jackknife; nan where it would decide nothing.
    n_fields
        How many were looked at.
    hot_bits
        What hot pixels pass for, where they are not among ``bits``.
    pixel_bits
        What single pixels that differ pass for; 0 where that may be chance.
    """

    bits: float = 0.0
    se_bits: float = 0.0
    n_fields: int = 0
    hot_bits: float = 0.0
    pixel_bits: float = 0.0

    @property
    def significant(self) -> bool:
        """Whether it is no chance."""
        return self.bits > _SIGMAS * self.se_bits and self.bits > 0

    @property
    def shows(self) -> bool:
        """Whether it is worth a flag."""
        most = max(self.hot_bits, self.pixel_bits)
        return (self.significant and self.bits > _LEAST_BITS) or most > _MOST_BITS

    @property
    def known(self) -> bool:
        """Whether fields are enough to take it off."""
        return self.significant and self.n_fields >= _ENOUGH_FIELDS

    def removable(self, bits_per_pixel: float) -> tuple[float, float]:
        """Give what can be taken off an estimate that sees it, and its standard deviation, bits.

        Where fields are few, chance may explain the pattern, or it is more than half of all that
        there is, nothing can: then the fields may be one scene, or the camera needs maps. Beside
        the jackknife's error, 15 % of the pattern are allowed for: shading is no Gaussian pattern,
        and what multiplies the light is not quite what adds to its mean.
        """
        bits = max(self.bits, 0.0)
        if not self.known or bits > _LARGEST_SHARE * bits_per_pixel:
            return 0.0, 0.0
        return bits, math.hypot(self.se_bits, _APPROXIMATE * bits)

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        hot = {"hot_pixel_bits": self.hot_bits} if self.hot_bits > 0 else {}
        if self.pixel_bits > self.bits:
            hot["pixel_pattern_bits"] = self.pixel_bits
        if not math.isnan(self.se_bits):
            hot["fixed_pattern_se_bits"] = self.se_bits
        return hot | {
            "fixed_pattern_bits": max(self.bits, 0.0),
            "fixed_pattern_known": self.known,
        }


def check_pattern(
    checked: CheckedFrames,
    noise_variance_adu2: float,
    patch_size: int,
    limit: SpikeLimit | None = None,
) -> PatternCheck:
    """Find what fields share.

    Parameters
    ----------
    checked
        Frames larger than a patch. Others have no lags but their own, and a density that depends
        on the place sees their mean: nothing is looked for.
    noise_variance_adu2
        Of single frames.
    limit
        Where H(Y) is of a density on codes: then hot pixels, far above all others in every field,
        pass for what their number and size say, not for the variance that they add.
    """
    p = min(patch_size, _PATCH)
    frames = middle(checked.frames, _SIDE)[:_MOST_FIELDS]
    n_fields, n_repeats, height, width = frames.shape
    if n_fields < FEW_FIELDS or min(height, width) <= p or noise_variance_adu2 <= 0:
        return PatternCheck()
    whole = _whole_tiles(checked, (height, width), p)
    if np.count_nonzero(whole) < whole.size / 4:
        return PatternCheck()
    means = about(frames, checked.mean_adu).mean(axis=1)
    hot_bits = 0.0
    if limit is not None:
        hot_bits = _without_hot(means, checked, limit)
    tiles = _tiles(means, p)[:, whole]
    tiles -= tiles.mean()
    autocovariances = np.stack([_autocovariance(one) for one in tiles])
    white = noise_variance_adu2 * (1 - 1 / n_repeats)

    def bits(chosen: NDArray[np.intp]) -> float:
        n = chosen.size
        own = autocovariances[chosen].mean(axis=0)
        of_mean = _autocovariance(tiles[chosen].mean(axis=0))
        pattern = (n * of_mean - own) / (n - 1)
        total = own.copy()
        total[p - 1, p - 1] += white
        both = [_log_det(c, noise_variance_adu2) for c in (total, total - pattern)]
        return (both[0] - both[1]) / (2 * p * p * math.log(2))

    fields = np.arange(n_fields)
    found = bits(fields)
    se = math.nan
    # no less is ever flagged, nor taken off: the jackknife takes four fifths of the time and more
    if found > (0 if n_fields >= _ENOUGH_FIELDS else _LEAST_BITS):
        groups = np.array_split(fields, min(_GROUPS, n_fields))
        se = _jackknife_se((bits(np.setdiff1d(fields, group)) for group in groups), found)
    pixel_bits = _pixel_bits(means, checked, noise_variance_adu2)
    return PatternCheck(found, se, n_fields, hot_bits, pixel_bits)


def _jackknife_se(left: Iterable[float], found: float) -> float:
    """Give the error from values with one group left out each; nan once ``found`` is chance.

    Some of their squares are no more than all of them.
    """
    known: list[float] = []
    se = math.nan
    for value in left:
        known.append(value)
        about = np.array(known) - np.mean(known)
        se = math.sqrt(float(about @ about))
        if found <= _SIGMAS * se / math.sqrt(2):
            return math.nan
    return se * math.sqrt((len(known) - 1) / len(known))


def _pixel_bits(means: NDArray[np.float32], checked: CheckedFrames, noise: float) -> float:
    """Bits per pixel of what fields share from one pixel to the next; 0 where it may be chance."""
    usable = None if checked.usable is None else middle(checked.usable, _SIDE)
    found = shared_variance(means, usable)
    if found is None or found[0] < _SIGMAS * found[1]:
        return 0.0
    return 0.5 * math.log2(1 + found[0] / noise)


def _without_hot(means: NDArray[np.float32], checked: CheckedFrames, limit: SpikeLimit) -> float:
    """Put the median in place of hot pixels of (n, H, W); bits per pixel that they pass for.

    A pixel is hot that lies, in every field, farther above its median than noise can take it, and
    than six times as far as others do: scenes that differ do not do that.
    """
    thinned = means.reshape(len(means), -1)[:, ::_THINNED]
    middle_adu = np.median(thinned, axis=1)
    spread = 1.4826 * np.median(np.abs(thinned - middle_adu[:, None]), axis=1)
    at_adu = middle_adu + checked.mean_adu
    farthest = np.maximum(np.interp(at_adu, limit.adu, limit.limit), _HOT_SPREADS * spread)
    above = means - middle_adu.astype(np.float32)[:, None, None]
    hot = (above > farthest.astype(np.float32)[:, None, None]).all(axis=0)
    if checked.usable is not None:
        hot &= middle(checked.usable, _SIDE)
    n = int(np.count_nonzero(hot))
    if n == 0:
        return 0.0
    size = above[:, hot].mean(axis=0)
    means[:, hot] = middle_adu.astype(np.float32)[:, None]
    return spike_bits(n / hot.size, limit.log2_ratio(size, np.full(n, at_adu.mean())) / n)


def _tiles(images: NDArray[Any], p: int) -> NDArray[Any]:
    """Cut images (n, H, W) to (n, tiles, p p)."""
    n, down, across = images.shape[0], images.shape[1] // p, images.shape[2] // p
    split = images[:, : down * p, : across * p].reshape(n, down, p, across, p)
    return split.swapaxes(2, 3).reshape(n, down * across, p * p)


def _whole_tiles(checked: CheckedFrames, size: tuple[int, int], p: int) -> NDArray[np.bool_]:
    """(tiles,) true where all pixels may be used."""
    usable = np.ones(size, dtype=bool)
    if checked.usable is not None:
        usable = middle(checked.usable, _SIDE)
    whole: NDArray[np.bool_] = _tiles(usable[None], p)[0].all(axis=1)
    return whole


def _autocovariance(tiles: NDArray[np.float32]) -> Floats:
    """(2p - 1, 2p - 1) mean products at each lag, within tiles (n, p p) alone.

    Over whole images the pairs of a lag would leave out the border, where shading is strongest.
    """
    products, pairs = lag_products(np.ascontiguousarray(tiles))
    return products / np.maximum(pairs, 1.0)


def _log_det(c: Floats, floor: float) -> float:
    """Sum the logarithms of the eigenvalues of S(c), each at least ``floor``, a half at a time."""
    halves = Halves.of_lags((c + c[::-1, ::-1]) / 2)
    return sum(_floored_log_det(half, floor) for half in (halves.even, halves.odd))


def _floored_log_det(matrix: Floats, floor: float) -> float:
    from scipy.linalg.lapack import dpotrf, dsterf, dsytrd

    lowered = matrix.copy()
    lowered.reshape(-1)[:: len(matrix) + 1] -= floor
    # symmetric: as LAPACK wants it without a copy
    failed = dpotrf(lowered.T, lower=1, clean=0, overwrite_a=1)[1]
    if not failed:  # no eigenvalue is below: a tenth of the time finds out
        factor, _ = dpotrf(matrix.T, lower=1, clean=0)
        return 2 * float(np.log(np.diagonal(factor)).sum())
    # as `eigvalsh` does, in blocks as large as small matrices gain by
    _, diagonal, beside, _, _ = dsytrd(matrix.T, lower=1, lwork=_BLOCK * len(matrix))
    return float(np.log(np.maximum(dsterf(diagonal, beside)[0], floor)).sum())
