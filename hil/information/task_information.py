"""How many bits a patch tells about a class: task-specific information (Neifeld et al. 2007).

L : class of the field of view;  Y : patch;  q, q_l : densities without and with the class;
c : a classifier

Difference  -E log q(Y) + E log q_L(Y): two upper bounds, one less the other, which bounds nothing.
Classifier  H(L) + E log c(L | Y) <= I(L; Y), whatever c, on patches that c never saw (Barber and
            Agakov, NIPS 2003).

Both are for one patch alone, cross-fitted by field, with every fold having fields of each class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.information.densities.neural.classifier import Classifier, class_nats
from hil.information.densities.neural.coding import fit_coding
from hil.information.densities.neural.cross_fit import (
    Fitting,
    cross_fit,
    each_fold,
    held_out_and_in_sample,
    quick,
    thinned,
)
from hil.information.densities.neural.network import NetworkShape
from hil.information.densities.neural.patch_set import PatchSet
from hil.information.densities.neural.training import Schedule, Tensors, score, train
from hil.information.interval import student_interval
from hil.information.sample.checks import check_frames
from hil.information.sample.sample import FOLDS, Sample
from hil.noise.model import NoiseModel

_NATS_PER_BIT = math.log(2)
_LEAST_GAIN_NATS = 1e-3  # a patch, not a pixel


@dataclass(frozen=True, slots=True)
class TaskInformation:
    """Bits that one patch tells about the class of its field of view.

    Parameters
    ----------
    classifier_bits
        A lower bound in expectation.
    ci_low, ci_high
        Student's t interval over fields of ``classifier_bits``.
    difference_bits
        Of two cross-entropies: an estimate that bounds nothing.
    label_entropy_bits
        H(L), which neither can truly exceed.
    """

    classifier_bits: float
    ci_low: float
    ci_high: float
    difference_bits: float
    label_entropy_bits: float


def task_information(
    frames: ArrayLike,
    labels: Sequence[int],
    noise: NoiseModel,
    patch_size: int = 16,
    confidence: float = 0.95,
    seed: int = 0,
    *,
    shape: NetworkShape | None = None,
    schedule: Schedule | None = None,
    device: str | None = None,
) -> TaskInformation:
    """Estimate I(L; Y) of patches.

    Parameters
    ----------
    frames
        (n, height, width) or (n_fields, n_repeats, height, width), ADU.
    labels
        Class of each field, 0, 1, 2, ...
    noise, patch_size, confidence, seed
        As for `hil.estimate_information`.
    shape, schedule, device
        As for `hil.information.estimators.pixelcnn.PixelCNN`.

    Raises
    ------
    InputError
        For frames or labels that cannot be; each class needs two fields.
    """
    checked = check_frames(frames, noise, patch_size)
    classes = _classes(labels, checked.frames.shape[0])
    variance = noise.mean_variance_adu2(checked.mean_adu, checked.discrete)
    sample = Sample(
        checked.frames,
        patch_size,
        checked.mean_adu,
        variance,
        checked.discrete,
        seed=seed,
        noise=noise,
    )
    plain = replace(PatchSet.of(sample), fold=stratified_folds(classes))
    labelled = replace(plain, labels=classes)
    schedule = schedule or Schedule()
    fitting = Fitting(schedule, quick(schedule), seed, device)
    shape = replace(shape or NetworkShape(patch_size), patch_size=patch_size, channels=1)
    nats = []
    for patches, n_labels in ((plain, 0), (labelled, int(classes.max()) + 1)):
        folds = cross_fit(patches, replace(shape, labels=n_labels), fitting)
        nats.append(float(held_out_and_in_sample(patches, folds)[0].mean()))
    share = np.bincount(classes) / classes.size
    entropy = -float(np.sum(share * np.log(share))) / _NATS_PER_BIT
    # a classifier sees a patch as one case, so that its steps and gains count patches
    least = _LEAST_GAIN_NATS / plain.y.shape[2]
    told = (
        entropy
        - _classifier_nats(labelled, replace(schedule, least_gain_nats=least), fitting).mean(axis=1)
        / _NATS_PER_BIT
    )
    interval = student_interval(told, confidence, "student_t")
    return TaskInformation(
        classifier_bits=float(told.mean()),
        ci_low=interval.low,
        ci_high=interval.high,
        difference_bits=(nats[0] - nats[1]) * plain.y.shape[2] / _NATS_PER_BIT,
        label_entropy_bits=entropy,
    )


def stratified_folds(classes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Deal the fields of each class to the folds in turn, (F,)."""
    counts = np.bincount(classes)
    fold = np.empty_like(classes)
    n_folds = min(FOLDS, int(counts.min()))
    for label in range(counts.size):
        fold[classes == label] = np.arange(counts[label]) % n_folds
    return fold


def _classes(labels: Sequence[int], n_fields: int) -> NDArray[np.intp]:
    given = np.asarray(labels)
    if given.shape != (n_fields,) or given.dtype.kind not in "ui":
        raise InputError(
            "labels",
            "",
            f"have shape {given.shape} and type {given.dtype}; allowed: "
            f"{n_fields} integers, one a field",
        )
    if int(given.min()) < 0:
        raise InputError("labels", "", f"hold {given.min()}; allowed: 0, 1, 2, ...")
    classes = given.astype(np.intp)
    counts = np.bincount(classes)
    if counts.size < 2 or int(counts.min()) < 2:
        raise InputError(
            "labels",
            "",
            f"give classes of {counts.tolist()} fields; "
            "allowed: two classes or more, each of two fields or more, numbered without gaps",
        )
    return classes


def _classifier_nats(patches: PatchSet, schedule: Schedule, fitting: Fitting) -> Floats:
    """-log c(L | Y), cross-fitted, (F, T) nats."""
    assert patches.labels is not None  # a labelled set
    device = torch.device(fitting.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    n_classes = int(patches.labels.max()) + 1

    def work(fold: int) -> Floats:
        draw = torch.Generator().manual_seed(fitting.seed * 1000 + fold)
        fit, stop = patches.learning(fold)
        y_stop, stop_classes = thinned(patches.y[stop], patches.classes(stop))
        classes = patches.classes(fit)
        assert classes is not None  # as above
        coding = fit_coding(patches.y[fit], y_stop, patches.alphabet, patches.p, patches.channels)
        # the last coding offered is the one in which few values lie far out
        encode = coding[-1].encode
        learnt_from = Tensors.of(encode(patches.y[fit]), device, classes)
        at_stop = Tensors.of(encode(y_stop), device, stop_classes)
        share = torch.from_numpy(np.bincount(classes, minlength=n_classes) / classes.size).float()
        model = Classifier(patches.p, patches.channels, share, draw).to(device)
        start = float(score(model, at_stop, class_nats).mean())
        train(model, learnt_from, at_stop, schedule, draw, start, class_nats)
        own = patches.fold == fold
        mask = np.broadcast_to(own[:, None], patches.y.shape[:2])
        seen = Tensors.of(encode(patches.y[mask]), device, patches.classes(mask))
        nats: Floats = score(model, seen, class_nats) * patches.y.shape[2]
        return nats.reshape(int(own.sum()), -1)

    nats = np.empty(patches.y.shape[:2])
    for fold, found in enumerate(each_fold(work, patches.n_folds, device)):
        nats[patches.fold == fold] = found
    return nats
