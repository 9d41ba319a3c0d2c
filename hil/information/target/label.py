"""I(Y; L) of frames Y and the label L of what they show, from below.

q(l | y) : a decoder that never saw the scene of y

    I(Y; L) = H(L) - H(L | Y) >= H(L) + E log2 q(L | Y)      (Barber and Agakov, NIPS 2003)
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.target.decoders import LABEL_DECODERS, label_decoder
from hil.information.target.told import AboutTarget, check_options, flat_frames, told, total_bits
from hil.noise.model import NoiseModel


def label_information(
    frames: ArrayLike,
    labels: ArrayLike,
    *,
    scenes: ArrayLike | None = None,
    noise: NoiseModel | None = None,
    folds: int = 5,
    confidence: float = 0.95,
    seed: int = 0,
    decoders: tuple[str, ...] = LABEL_DECODERS,
) -> AboutTarget:
    """Bits that a frame tells about its label, at least.

    Parameters
    ----------
    frames
        (n, height, width), or (n_fields, n_repeats, height, width); large ones are averaged to
        65,536 values first.
    labels
        (n,) one a frame or field of view: whole numbers or words.
    scenes
        (n,) names of scenes, where several frames show one; each its own without it. Frames of one
        scene are never on both sides of a fold, and go together into the interval.
    noise
        Of the frames, for the total information beside it.
    folds
        How many; each is told by decoders that learnt from the others.
    confidence
        Of the interval.
    seed
        Of folds and decoders.
    decoders
        Which are offered, of ``logistic`` and ``mlp``.

    Raises
    ------
    InputError
        For frames or labels that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from hil.information.target import label_information
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(80) % 2
    >>> frames = rng.normal(size=(80, 4, 4)) + 9 * labels[:, None, None]
    >>> round(label_information(frames, labels).bits, 1)         # all of one bit
    1.0
    """
    check_options(folds, confidence, decoders, LABEL_DECODERS)
    flat = flat_frames(frames, scenes, folds)
    classes, own = _classes(labels, flat.rows.shape[0] // flat.per_field)
    own = np.repeat(own, flat.per_field)
    share = np.bincount(own) / own.size
    fold = _folds(own, flat.scene, folds, seed)
    bits, chosen = np.empty(own.size), Counter[str]()
    for number in range(folds):
        held = fold == number
        if not held.any():
            continue
        decoder = label_decoder(
            flat.rows[~held], own[~held], classes, flat.scene[~held], seed + number, decoders
        )
        chosen[decoder.name] += 1
        found = decoder.probability(flat.rows[held])[np.arange(int(held.sum())), own[held]]
        bits[held] = np.log2(np.maximum(found, 1e-12)) - np.log2(share[own[held]])
    entropy = -float(np.sum(share * np.log2(share)))
    total = total_bits(frames, noise, seed)
    name = chosen.most_common(1)[0][0]
    return told(bits, flat.scene, entropy, name, total, confidence, seed)


def _classes(labels: ArrayLike, n: int) -> tuple[int, NDArray[np.intp]]:
    given = np.asarray(labels)
    if given.shape != (n,) or given.dtype.kind not in "uibU":
        raise InputError(
            "labels",
            "",
            f"have shape {given.shape} and type {given.dtype}; allowed: {n} whole numbers or words,"
            " one a field of view",
        )
    names, own = np.unique(given, return_inverse=True)
    counts = np.bincount(own)
    if names.size < 2 or int(counts.min()) < 2:
        raise InputError(
            "labels",
            "",
            f"give {names.size} classes of {counts.tolist()} frames; allowed: two or more, each of "
            "two frames or more",
        )
    return int(names.size), own.astype(np.intp)


def _folds(
    labels: NDArray[np.intp], scene: NDArray[np.intp], folds: int, seed: int
) -> NDArray[np.intp]:
    """Deal scenes to folds in turn, those of each label by themselves, (n,)."""
    first = np.unique(scene, return_index=True)[1]
    mixed = np.random.default_rng(seed).permutation(first.size)
    order = mixed[np.argsort(labels[first][mixed], kind="stable")]
    dealt = np.empty(first.size, dtype=np.intp)
    dealt[order] = np.arange(first.size) % folds
    return dealt[scene]
