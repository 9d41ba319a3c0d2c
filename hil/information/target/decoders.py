"""Decoders, fixed beforehand: nothing about them depends on what they are judged by.

Frames are reduced to their principal components and standardised. Labels: logistic regression with
a ridge, and a network of one hidden layer; values: ridge regression, and such a network. Strengths,
and which of both, are chosen on a quarter of the scenes that may be learnt from.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

LABEL_DECODERS = ("logistic", "mlp")
VALUE_DECODERS = ("ridge", "mlp")
_COMPONENTS = 64
_HIDDEN = 64
_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # C of scikit-learn: weak data to strong
_SHARES = np.array([0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.998])
_VALIDATED = 4  # a scene in so many tells which strength is right

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LabelDecoder:
    """What learnt from frames with labels.

    Parameters
    ----------
    name
        One of `LABEL_DECODERS`.
    validated_nats
        Its cross-entropy on the scenes that chose it.
    probability
        (n, d) frames to (n, classes).
    """

    name: str
    validated_nats: float
    probability: Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class ValueDecoder:
    """What learnt from frames with values; as `LabelDecoder`, (n, d) frames to (n, k)."""

    name: str
    validated_mse: float
    value: Callable[[Floats], Floats]


def label_decoder(
    rows: Floats,
    labels: Labels,
    classes: int,
    scene: NDArray[np.intp],
    seed: int,
    offered: tuple[str, ...] = LABEL_DECODERS,
) -> LabelDecoder:
    """Learn from all that is given.

    Parameters
    ----------
    rows
        (n, d).
    labels
        (n,) 0 to ``classes`` - 1.
    scene
        (n,) frames of one scene are on one side of the choice.
    """
    reduce, reduced = _reduced(rows, seed)
    own, others = _apart(scene, seed)
    share = np.bincount(labels, minlength=classes) + 0.5
    share = share / share.sum()
    best: tuple[float, str, float, float] | None = None
    for name in offered:
        for strength in _RIDGES if name == "logistic" else (1.0,):
            model = _fit_label(name, strength, reduced[own], labels[own], classes, seed)
            there = model(reduced[others])[np.arange(others.size), labels[others]]
            # as sure as it is right: the rest of its word is the share of each label
            mixed = _SHARES[:, None] * there + (1 - _SHARES)[:, None] * share[labels[others]]
            nats = -np.log(np.maximum(mixed, 1e-12)).mean(axis=1)
            at = int(nats.argmin())
            if best is None or nats[at] < best[0]:
                best = float(nats[at]), name, strength, float(_SHARES[at])
    assert best is not None  # something is offered
    nats_there, name, strength, sure = best
    model = _fit_label(name, strength, reduced, labels, classes, seed)

    def probability(frames: Floats) -> Floats:
        found: Floats = sure * model(reduce(frames)) + (1 - sure) * share
        return found

    return LabelDecoder(name, nats_there, probability)


def value_decoder(
    rows: Floats,
    values: Floats,
    scene: NDArray[np.intp],
    seed: int,
    offered: tuple[str, ...] = VALUE_DECODERS,
) -> ValueDecoder:
    """Learn from all that is given: (n, d) frames, (n, k) values."""
    reduce, reduced = _reduced(rows, seed)
    own, others = _apart(scene, seed)
    scored = []
    for name in offered:
        model = _fit_value(name, reduced[own], values[own], seed)
        mse = float(((model(reduced[others]) - values[others]) ** 2).mean())
        scored.append((mse, name))
    mse, name = min(scored)
    model = _fit_value(name, reduced, values, seed)
    return ValueDecoder(name, mse, lambda frames: model(reduce(frames)))


def _apart(scene: NDArray[np.intp], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give indices of frames to learn from, and of those that choose."""
    names = np.random.default_rng(seed).permutation(np.unique(scene))
    kept = names[: max(1, names.size // _VALIDATED)]
    chosen = np.isin(scene, kept)
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _reduced(rows: Floats, seed: int) -> tuple[Callable[[Floats], Floats], Floats]:
    from sklearn.decomposition import PCA

    if not np.ptp(rows, axis=0).any():  # frames that are all the same
        return lambda frames: np.zeros((len(frames), 1)), np.zeros((len(rows), 1))
    number = min(_COMPONENTS, rows.shape[1], max(1, rows.shape[0] // 3))
    fitted = PCA(number, random_state=seed).fit(rows)
    scale = np.maximum(np.sqrt(fitted.explained_variance_), 1e-9 * (1 + np.abs(rows).max()))

    def reduce(frames: Floats) -> Floats:
        return cast(Floats, fitted.transform(frames) / scale)

    return reduce, reduce(rows)


def _fit_label(
    name: str, strength: float, x: Floats, labels: Labels, classes: int, seed: int
) -> Callable[[Floats], Floats]:
    there = np.unique(labels)
    if there.size == 1:
        return lambda frames: np.tile(np.eye(classes)[there[0]], (len(frames), 1))
    model = _label_model(name, strength, seed)
    _fit_quietly(model, x, labels)

    def probability(frames: Floats) -> Floats:
        found = np.zeros((len(frames), classes))
        found[:, model.classes_] = model.predict_proba(frames)
        return found

    return probability


def _label_model(name: str, strength: float, seed: int) -> Any:
    if name == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=strength, max_iter=200)
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        hidden_layer_sizes=(_HIDDEN,),
        alpha=0.1,
        max_iter=80,
        n_iter_no_change=80,
        random_state=seed,
    )


def _fit_value(name: str, x: Floats, values: Floats, seed: int) -> Callable[[Floats], Floats]:
    centre, spread = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-12)
    unit = (values - centre) / spread
    if name == "ridge":
        from sklearn.linear_model import RidgeCV

        model: Any = RidgeCV(np.logspace(-1, 5, 7))
    else:
        from sklearn.neural_network import MLPRegressor

        model = MLPRegressor(
            hidden_layer_sizes=(_HIDDEN,),
            alpha=0.1,
            max_iter=80,
            n_iter_no_change=80,
            random_state=seed,
        )
    _fit_quietly(model, x, unit[:, 0] if unit.shape[1] == 1 else unit)

    def value(frames: Floats) -> Floats:
        return cast(Floats, model.predict(frames).reshape(len(frames), -1) * spread + centre)

    return value


def _fit_quietly(model: Any, x: Floats, y: Any) -> None:
    """Fit for as many rounds as are fixed: that they are not enough is no news."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # scikit-learn keeps Ctrl-C to itself, and what was learnt so far would pass for the result
        warnings.filterwarnings("error", message="Training interrupted")
        try:
            model.fit(x, y)
        except UserWarning as interrupted:
            if "interrupted" in str(interrupted):
                raise KeyboardInterrupt from None
            raise
    if _cut_off(model):
        raise KeyboardInterrupt


def _cut_off(model: Any) -> bool:
    """Whether a network has learnt for fewer rounds than it wanted to.

    Filters of warnings belong to the whole process: another thread may have taken ours away.
    """
    still = getattr(model, "_no_improvement_count", None)
    if still is None:
        return False
    return bool(model.n_iter_ < model.max_iter and still <= model.n_iter_no_change)
