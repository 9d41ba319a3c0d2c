"""`best`, with the neural density among the families it chooses from."""

from __future__ import annotations

from hil.information.estimators.best import CLOSED_FORM, SLOW, BestEstimator
from hil.information.estimators.registry import PatchEstimator


def best_with(network: PatchEstimator | None = None) -> BestEstimator:
    """Let a network with options of its own take part, or the usual one."""
    tuned = {} if network is None else {"pixelcnn": network}
    return BestEstimator((*CLOSED_FORM, "pixelcnn"), SLOW, tuned, "best+pixelcnn")


ESTIMATOR = best_with()
