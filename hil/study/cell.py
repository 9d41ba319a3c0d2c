"""One setting with one draw of scenes: what it tells, and how well its tasks are done.

Information comes from frames of scenes that are not held out, without their truth; information
about the target from those scenes with their truth. Held-out scenes judge decoders and nothing
else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from drivers.types import Floats
from hil.information.estimate import estimate_information
from hil.information.target import label_information, target_information
from hil.information.target.decoders import label_decoder, value_decoder
from hil.study.domain import Domain, Observed, Setting, Size, Task

PIXEL, FRAME, AREA = "bits per pixel", "bits per frame", "bits per area"
PATCHES, TARGET = "bits per frame, patches", "about the target"
_FOLDS = 3
_COMPONENTS = 4

Cell = Mapping[str, Any]


def measure(domain: Domain, setting: Setting, seed: int, size: Size) -> Cell:
    """Measure it; plain JSON."""
    began = time.process_time()
    observed = domain.observe(setting, seed, size)
    found: dict[str, Any] = {"information": {}, "flags": {}, "tasks": {}}
    known: dict[int, tuple[dict[str, float], list[str]]] = {}
    for task in domain.tasks:
        one = observed[task.name]
        if id(one.frames) not in known:
            known[id(one.frames)] = _information(one)
        about = _about_target(task, one, seed)
        forms, flags = known[id(one.frames)]
        found["information"][task.name] = {**forms, TARGET: about}
        found["flags"][task.name] = flags
        found["tasks"][task.name] = judged(task, one, seed)
    found["metrics"] = {name: float(value) for name, value in domain.metrics(setting).items()}
    return found | {"cpu_s": time.process_time() - began}


def _information(one: Observed) -> tuple[dict[str, float], list[str]]:
    """Read all forms of it, and what the reading is flagged with."""
    found = estimate_information(one.frames, one.noise, one.estimator, patch_of(one))
    forms = form_of(found.bits_per_pixel, one)
    if "patches_bits" in found.details:
        forms[PATCHES] = float(found.details["patches_bits"]) * _values(one)
    return forms, list(found.flags)


def form_of(bits_per_pixel: float, one: Observed) -> dict[str, float]:
    """Give bits per pixel, per frame and per area of what was observed."""
    return {
        PIXEL: bits_per_pixel,
        FRAME: bits_per_pixel * _values(one),
        AREA: bits_per_pixel / one.pixel_area,
    }


def _values(one: Observed) -> int:
    return int(np.prod(one.frames.shape[1:]))


def patch_of(one: Observed) -> int:
    """Give the side of patches that information is estimated from, pixels."""
    if one.estimator == "whole_frame":
        return tiling(one.frames.shape[-2:], one.patch_size)
    return one.patch_size


def tiling(shape: tuple[int, ...], most: int) -> int:
    """Give the largest patch up to ``most`` that leaves no edge of frames of a shape out, pixels.

    What a whole frame tells does not grow with its area, so that a part does not stand for it.
    """
    common = math.gcd(*shape)
    return max((p for p in range(2, most + 1) if common % p == 0), default=most)


def _about_target(task: Task, one: Observed, seed: int) -> float:
    rows, scenes = one.learn.rows[:, None], one.learn.scene
    if task.kind == "label":
        labels = one.learn.truth
        return _label_bits(rows, labels, scenes, seed)
    truth = _components(one.learn.truth)
    # frames of a scene are rows here, so that the scene is named for each
    return target_information(
        rows, truth, scenes=scenes, folds=_FOLDS, seed=seed, decoders=("ridge",)
    ).bits


def _label_bits(rows: Floats, labels: Any, scenes: Any, seed: int) -> float:
    return label_information(
        rows, labels, scenes=scenes, folds=_FOLDS, seed=seed, decoders=("logistic",)
    ).bits


def _components(truth: Any) -> Floats:
    """(m, k) what varies most of values, in few numbers that do not go together."""
    about = np.asarray(truth, dtype=np.float64) - truth.mean(axis=0)
    _, _, directions = np.linalg.svd(about, full_matrices=False)
    scores: Floats = about @ directions[:_COMPONENTS].T
    return scores


def judged(task: Task, one: Observed, seed: int) -> dict[str, Any]:
    """Learn from one side, and give losses of the scenes of the other; plain JSON."""
    learn, held = one.learn, one.held
    if task.kind == "label":
        classes = int(max(learn.truth.max(), held.truth.max())) + 1
        labels = label_decoder(learn.rows, learn.truth, classes, learn.scene, seed)
        there = labels.probability(held.rows)
        right = there[np.arange(len(held.truth)), held.truth]
        loss, name = -np.log2(np.maximum(right, 1e-12)), labels.name
        base = _entropy_bits(held.truth)
        accuracy = float((there.argmax(axis=1) == held.truth).mean())
    else:
        values = value_decoder(learn.rows, learn.truth, learn.scene, seed)
        error = values.value(held.rows) - held.truth
        spread = ((held.truth - learn.truth.mean(axis=0)) ** 2).mean()
        loss, name = (error**2).mean(axis=1) / spread, values.name
        base, accuracy = 0.0, float("nan")
    scenes, number = np.unique(held.scene, return_inverse=True)
    size = np.bincount(number, minlength=scenes.size)
    return {
        "loss": (np.bincount(number, loss, scenes.size) / size).tolist(),
        "size": size.tolist(),
        "base": base,
        "decoder": name,
        "accuracy": None if np.isnan(accuracy) else accuracy,
    }


def score(kind: str, loss: Floats, base: Floats | float) -> Floats:
    """Turn mean losses into what tables show: bits told about the label, or dB."""
    found: Floats = base - loss if kind == "label" else -10 * np.log10(np.maximum(loss, 1e-12))
    return found


def _entropy_bits(labels: Any) -> float:
    share = np.bincount(labels) / labels.size
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())
