"""`best`, with the neural density among the families it chooses from."""

from __future__ import annotations

from hil.information.estimators.best import BestEstimator
from hil.information.registry import PatchEstimator


def best_with(network: PatchEstimator | None = None) -> BestEstimator:
    """Let a network with options of its own take part, or the usual one."""
    tuned = {} if network is None else {"pixelcnn": network}
    return BestEstimator(("pixelcnn",), tuned, "best+pixelcnn")


ESTIMATOR = best_with()
