"""I(Y; T) of frames Y and values T that are known of what they show, from below.

t : each value by its rank among all, as a standard normal deviate (no information is lost or won)
e : errors of a decoder that never saw the scene

    one value    I(Y; T) >= -1/2 log2 E e^2, since h(t) is that of a Gaussian and no distribution of
                 errors has more entropy than a Gaussian of their mean square
    several      1/2 log2 (det E t t' / det E e e'), under a Gaussian copula of the values: where
                 they depend on each other otherwise it is no bound

Ranks are those of all frames, so that a scale of the values does not matter.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from numpy.typing import ArrayLike

from drivers.types import Floats
from hil.errors import InputError
from hil.information.target.decoders import VALUE_DECODERS, value_decoder
from hil.information.target.told import (
    AboutTarget,
    check_options,
    cluster_interval,
    flat_frames,
    total_bits,
)
from hil.noise.model import NoiseModel

_MOST_VALUES = 16
_DEPENDENT = 1e9


def target_information(
    frames: ArrayLike,
    targets: ArrayLike,
    *,
    scenes: ArrayLike | None = None,
    noise: NoiseModel | None = None,
    folds: int = 5,
    confidence: float = 0.95,
    seed: int = 0,
    decoders: tuple[str, ...] = VALUE_DECODERS,
) -> AboutTarget:
    """Bits that a frame tells about values known of it, at least.

    Parameters
    ----------
    frames
        (n, height, width), or (n_fields, n_repeats, height, width).
    targets
        (n,) or (n, k) real numbers, k at most 16.
    scenes, noise, folds, confidence, seed
        As for `label_information`.
    decoders
        Which are offered, of ``ridge`` and ``mlp``.

    Raises
    ------
    InputError
        For frames or targets that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from hil.information.target import target_information
    >>> rng = np.random.default_rng(0)
    >>> depth = rng.normal(size=400)
    >>> frames = depth[:, None, None] + rng.normal(size=(400, 1, 1))
    >>> round(target_information(frames, depth).bits, 1)         # 1/2 log2(1 + 1)
    0.5
    """
    check_options(folds, confidence, decoders, VALUE_DECODERS)
    flat = flat_frames(frames, scenes, folds)
    given = _checked(targets, flat.rows.shape[0] // flat.per_field)
    own = np.repeat(_normal_scores(given), flat.per_field, axis=0)
    own /= own.std(axis=0)
    n_scenes = int(flat.scene.max()) + 1
    dealt = np.random.default_rng(seed).permutation(n_scenes) % folds
    fold = dealt[flat.scene]
    error, chosen = np.empty_like(own), Counter[str]()
    for number in range(folds):
        held = fold == number
        decoder = value_decoder(
            flat.rows[~held], own[~held], flat.scene[~held], seed + number, decoders
        )
        chosen[decoder.name] += 1
        error[held] = own[held] - decoder.value(flat.rows[held])
    # (n, 2, k, k): products of values and of errors, whose means are the covariances
    products = np.stack([a[:, :, None] * a[:, None, :] for a in (own, error)], axis=1)
    rng = np.random.default_rng(seed)
    low, high = cluster_interval(products, flat.scene, confidence, rng, _bits)
    point = float(_bits(products.mean(axis=0)[None])[0])
    cut = [max(value, 0.0) for value in (point, low, high)]
    name = chosen.most_common(1)[0][0]
    total = total_bits(frames, noise, seed)
    return AboutTarget(cut[0], cut[1], cut[2], math.inf, name, total)


def _bits(covariances: Floats) -> Floats:
    """(m, 2, k, k) to (m,)."""
    log_det = np.linalg.slogdet(covariances)[1]
    found: Floats = 0.5 * (log_det[:, 0] - log_det[:, 1]) / math.log(2)
    return found


def _checked(targets: ArrayLike, n: int) -> Floats:
    given = np.asarray(targets)
    shaped = given[:, None] if given.ndim == 1 else given
    if shaped.ndim != 2 or shaped.shape[0] != n or given.dtype.kind not in "uif":
        raise InputError(
            "targets",
            "",
            f"have shape {given.shape} and type {given.dtype}; allowed: {n} real numbers, or rows"
            " of them, one a field of view",
        )
    if not 1 <= shaped.shape[1] <= _MOST_VALUES:
        raise InputError(
            "targets", "", f"have {shaped.shape[1]} values each; allowed: 1 to {_MOST_VALUES}"
        )
    if not np.isfinite(shaped).all() or (np.ptp(shaped.astype(np.float64), axis=0) == 0).any():
        raise InputError("targets", "", "hold no number, or the same for all; allowed: others")
    scores = _normal_scores(shaped.astype(np.float64))
    if np.linalg.cond(np.atleast_2d(np.corrcoef(scores, rowvar=False))) > _DEPENDENT:
        raise InputError("targets", "", "follow from each other; allowed: one of such values")
    return shaped.astype(np.float64)


def _normal_scores(values: Floats) -> Floats:
    from scipy.special import ndtri
    from scipy.stats import rankdata

    found: Floats = ndtri((rankdata(values, axis=0) - 0.5) / len(values))
    return found
