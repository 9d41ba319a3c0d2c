"""Bits about a class, against the exact posterior."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from scipy.special import expit, xlogy

from hil.errors import InputError
from hil.information.densities.neural.classifier import Classifier
from hil.information.densities.neural.network import NetworkShape
from hil.information.densities.neural.training import Schedule
from hil.information.task_information import stratified_folds, task_information
from hil.noise import GaussianNoise

P = 4
TINY = NetworkShape(P, features=4, layers=1, units=8, components=2, reach=2)
SHORT = Schedule(steps=60, batch_pixels=2048, check_every=10, patience=3)


def two_classes(step_adu: float, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Class 1 is brighter by ``step_adu`` on the left half; bits told, by the exact posterior."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n)
    step = np.zeros((P, P))
    step[:, : P // 2] = step_adu
    frames = labels[:, None, None] * step + rng.normal(0, 10, (n, P, P))
    evidence = ((frames - step / 2) * step).sum(axis=(1, 2)) / 100
    posterior = expit(evidence)
    left = -(xlogy(posterior, posterior) + xlogy(1 - posterior, 1 - posterior)).mean()
    return frames, labels, 1 - left / math.log(2)


class Case(NamedTuple):
    says: str
    step_adu: float


@pytest.mark.parametrize(
    "case", [Case("nothing to tell", 0.0), Case("half told", 6.0)], ids=lambda case: case.says
)
def test_a_step_in_brightness(case: Case) -> None:
    frames, labels, truth = two_classes(case.step_adu, 2500, 3)
    found = task_information(
        frames, labels.tolist(), GaussianNoise(10), P, shape=TINY, schedule=SHORT
    )
    # the lower bound stays below but for chance; 2500 patches of at most one bit
    assert truth - 0.06 < found.classifier_bits < truth + 3 / math.sqrt(2500)
    assert found.ci_low < found.classifier_bits < found.ci_high
    assert found.difference_bits == pytest.approx(truth, abs=0.15)
    assert found.label_entropy_bits == pytest.approx(1, abs=0.01)


def test_an_untrained_classifier_knows_the_shares() -> None:
    share = torch.tensor([0.2, 0.8])
    classifier = Classifier(P, 1, share, torch.Generator().manual_seed(0))
    assert torch.allclose(classifier(torch.randn(3, P * P)).exp(), share.expand(3, 2))


def test_every_fold_has_every_class() -> None:
    classes = np.repeat([0, 1, 2], [7, 50, 9])
    fold = stratified_folds(classes)
    for label in range(3):
        assert set(fold[classes == label].tolist()) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ([0, 1], "one a field"),
        ([0.0, 1.0] * 10, "integers"),
        ([0, -1] * 10, "allowed: 0, 1, 2"),
        ([0] * 20, "two classes"),
        ([0, 2] * 10, "without gaps"),
        ([1] + [0] * 19, "two fields"),
    ],
)
def test_labels_that_cannot_be_are_refused(labels: list[int], problem: str) -> None:
    frames = np.random.default_rng(0).normal(size=(20, P, P))
    with pytest.raises(InputError, match=problem):
        task_information(frames, labels, GaussianNoise(1), P)
