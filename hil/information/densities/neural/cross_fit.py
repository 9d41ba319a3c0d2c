"""One network a fold, fitted to all fields but the fold's own and scored on those.

Fold k may start from the weights that an earlier measurement of the same fields left for fold k:
those never saw the fold's fields either. From another fold's it may not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from threading import Lock
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.neural.coding import PatchCoding, Values, fit_coding
from hil.information.densities.neural.network import Network, NetworkShape
from hil.information.densities.neural.patch_set import PatchSet
from hil.information.densities.neural.training import (
    Schedule,
    Tensors,
    TrainingProgress,
    Weights,
    linear_score,
    patch_nats,
    score,
    train,
)

T = TypeVar("T")

_SCENES_FROM = 2**19  # pixels are enough to tell what scenes there are
_TRIAL_LOOKS = 2  # at the patches set aside, until it shows which start is better
_IN_SAMPLE_EVERY = 8
_JUDGED_BY = 2**16  # pixels for each look at the patches set aside


@dataclass(frozen=True, slots=True)
class Fitting:
    """How networks are fitted.

    Parameters
    ----------
    cold, warm
        Schedules of networks that start from nothing and from earlier weights.
    seed
        Of all random numbers; fold k's are its own.
    device
        ``"cpu"``, ``"cuda"``, ...; None for a GPU where there is one.
    told
        Called with `TrainingProgress`, from a worker thread, by one at a time.
    """

    cold: Schedule
    warm: Schedule
    seed: int = 0
    device: str | None = None
    told: Callable[[TrainingProgress], None] | None = None


@dataclass(frozen=True, slots=True)
class FoldFit:
    """A fitted fold.

    Parameters
    ----------
    coding, network
        The density.
    start_nats, stop_nats
        Cross-entropy per entry of the patches set aside: of the linear start and at the end.
    start
        ``"linear"``, ``"scenes"`` or ``"warm"``: where training started.
    steps
        Training steps behind the weights that did best; with 0 steps from ``"linear"`` the density
        is the linear start, and the network what the next measurement may go on from.
    """

    coding: PatchCoding
    network: Network
    start_nats: float
    stop_nats: float
    start: str
    steps: int
    device: torch.device

    @property
    def weights(self) -> Weights:
        """Copies of the weights, on the processor."""
        state = self.network.state_dict()
        return {name: value.detach().cpu().clone() for name, value in state.items()}

    def nats(self, y: Values, label: NDArray[np.intp] | None = None) -> Floats:
        """-log q of (n, D) patches, nats per entry, (n,)."""
        patches = Tensors.of(self.coding.encode(y, label), self.device, label)
        if self.start == "linear" and self.steps == 0:
            return linear_score(patches)
        return score(self.network, patches, patch_nats)


def cross_fit(
    patches: PatchSet,
    shape: NetworkShape,
    fitting: Fitting,
    earlier: Mapping[int, Weights] | None = None,
) -> list[FoldFit]:
    """Fit a network for each fold.

    Folds run side by side, each on one core, so that the result does not depend on how many cores
    there are.

    Parameters
    ----------
    patches
        Of all fields.
    shape
        Of the networks.
    fitting
        How.
    earlier
        Weights of an earlier measurement, by fold.
    """
    device = torch.device(fitting.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    lock = Lock()

    def fit(fold: int) -> FoldFit:
        def told(schedule: Schedule, step: int, start: float, best: float) -> None:
            if fitting.told is not None:
                with lock:
                    fitting.told(
                        TrainingProgress(fold, patches.n_folds, step, schedule.steps, start, best)
                    )

        warm = None if earlier is None else earlier.get(fold)
        return _fit_fold(patches, fold, shape, fitting, device, warm, told)

    return each_fold(fit, patches.n_folds, device)


def each_fold(work: Callable[[int], T], n_folds: int, device: torch.device) -> list[T]:
    """Do ``work`` for all folds, side by side and each on one core; on a GPU one by one."""
    cores = torch.get_num_threads()
    workers = min(cores, n_folds) if device.type == "cpu" else 1
    with _deterministic(device), ThreadPoolExecutor(workers, initializer=_one_core) as pool:
        try:
            return list(pool.map(work, range(n_folds)))
        finally:
            torch.set_num_threads(cores)


def held_out_and_in_sample(patches: PatchSet, folds: list[FoldFit]) -> tuple[Floats, Floats]:
    """-log q of all patches under their own fold's network and under one that learnt from them.

    Returns
    -------
    held-out, in-sample: (F, T) each, nats per entry. In-sample is told, never used: every eighth
    patch is scored and stands for those up to the next.
    """

    def score_fold(fold: int) -> tuple[Floats, Floats]:
        own = np.broadcast_to((patches.fold == fold)[:, None], patches.y.shape[:2])
        y, label = patches.y[own], patches.classes(own)
        some = None if label is None else label[::_IN_SAMPLE_EVERY]
        seen = folds[fold - 1].nats(y[::_IN_SAMPLE_EVERY], some)
        return folds[fold].nats(y, label), np.repeat(seen, _IN_SAMPLE_EVERY)[: len(y)]

    held_out = np.empty(patches.y.shape[:2])
    in_sample = np.empty_like(held_out)
    scores = each_fold(score_fold, len(folds), folds[0].device)
    for fold, (unseen, seen) in enumerate(scores):
        own = patches.fold == fold
        held_out[own] = unseen.reshape(int(own.sum()), -1)
        in_sample[own] = seen.reshape(int(own.sum()), -1)
    return held_out, in_sample


def _fit_fold(
    patches: PatchSet,
    fold: int,
    shape: NetworkShape,
    fitting: Fitting,
    device: torch.device,
    warm: Weights | None,
    told: Callable[[Schedule, int, float, float], None],
) -> FoldFit:
    draw = torch.Generator().manual_seed(fitting.seed * 1000 + fold)
    fit, stop = patches.learning(fold)
    y_fit, y_stop = patches.to_fit(fit), patches.y[stop]
    y_stop, stop_classes = thinned(y_stop, patches.classes(stop))
    network = Network(shape, draw).to(device)

    classes = patches.classes(fit)
    labels = None if classes is None or stop_classes is None else (classes, stop_classes)
    coding, at_stop, linear_nats = _best_coding(patches, y_fit, y_stop, labels, device)
    learnt_from = Tensors.of(coding.encode(y_fit, classes), device, classes)
    if warm is not None:
        network.load_state_dict(dict(warm))
        start_nats, schedule = float(score(network, at_stop, patch_nats).mean()), fitting.warm
        start = "warm"
        if start_nats > linear_nats:
            # what the scenes of the earlier measurement were is of no use; the rest may be
            start, start_nats = "linear", linear_nats
    else:
        schedule = fitting.cold
        start, start_nats = _start(network, learnt_from, at_stop, linear_nats, draw, schedule)
    best_nats, steps = train(
        network,
        learnt_from,
        at_stop,
        schedule,
        draw,
        start_nats,
        patch_nats,
        lambda step, best: told(schedule, step, linear_nats, best),
        keep_last=start == "linear",
    )
    return FoldFit(coding, network, linear_nats, best_nats, start, steps, device)


def _best_coding(
    patches: PatchSet,
    y_fit: Values,
    y_stop: Values,
    labels: tuple[NDArray[np.intp], NDArray[np.intp]] | None,
    device: torch.device,
) -> tuple[PatchCoding, Tensors, float]:
    """Choose the coding whose linear start does best on the patches set aside."""
    offered = []
    for coding in fit_coding(y_fit, y_stop, patches.alphabet, patches.p, patches.channels, labels):
        stop_classes = None if labels is None else labels[1]
        at_stop = Tensors.of(coding.encode(y_stop, stop_classes), device, stop_classes)
        offered.append((float(linear_score(at_stop).mean()), coding, at_stop))
    nats, coding, at_stop = min(offered, key=lambda item: item[0])
    return coding, at_stop, nats


def _start(
    network: Network,
    patches: Tensors,
    stop: Tensors,
    linear_nats: float,
    draw: torch.Generator,
    schedule: Schedule,
) -> tuple[str, float]:
    """Tell the hidden units what scenes there are, and let them predict if that helps.

    Where it helps before any training, a few steps from both starts tell which is the better one:
    what units remember of scenes that do not come back stands in the way of learning.
    """
    some = patches.take(slice(0, max(1, _SCENES_FROM // patches.x.shape[1])))
    linear = deepcopy(network)
    network.know_scenes(some.x, draw)
    network.predict_scenes(some.x, some.linear, some.z)
    nats = float(score(network, stop, patch_nats).mean())
    if nats < linear_nats:
        few = replace(schedule, steps=min(schedule.steps, _TRIAL_LOOKS * schedule.check_every))
        ends = []
        for start, start_nats in ((network, nats), (linear, linear_nats)):
            trial, order = deepcopy(start), torch.Generator().manual_seed(draw.initial_seed())
            ends.append(train(trial, patches, stop, few, order, start_nats, patch_nats)[0])
        if ends[0] <= ends[1]:
            return "scenes", nats
    network.load_state_dict(linear.state_dict())
    return "linear", linear_nats


def thinned(y: Values, classes: NDArray[np.intp] | None) -> tuple[Values, NDArray[np.intp] | None]:
    """Take as many patches, and their classes, as are enough to judge by."""
    step = max(1, y.size // _JUDGED_BY)
    return y[::step], None if classes is None else classes[::step]


def _one_core() -> None:
    torch.set_num_threads(1)


@contextmanager
def _deterministic(device: torch.device) -> Iterator[None]:
    """Keep a GPU to kernels that give the same sums each time; the processor's do anyway."""
    if device.type != "cuda":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def quick(schedule: Schedule) -> Schedule:
    """Shorten a schedule for networks that were fitted to much the same before."""
    return replace(
        schedule,
        steps=max(8, schedule.steps // 16),
        learning_rate=schedule.learning_rate / 4,
        warm_up=min(schedule.warm_up, 4),
        check_every=max(4, schedule.steps // 32),
        patience=1,
    )
