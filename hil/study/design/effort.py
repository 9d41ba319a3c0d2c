"""How much each way of designing may try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Tuning that each gets; fixed before anything was measured.

    Parameters
    ----------
    looks
        Starts at every choice, a power of 2, by gradient and end to end alike.
    followed
        The best of them, which are followed.
    rounds
        Of L-BFGS-B, by gradient of information.
    scenes
        Of each task, that information is computed from.
    trials
        By trials.
    warm_up
        Steps of a decoder by itself, at each look and at the end of a run.
    joint
        Steps of decoder and settings together.
    rates
        Learning rates of the settings, shares of their ranges; each start gets all of them.
    """

    looks: int
    followed: int
    rounds: int
    scenes: int
    trials: int
    warm_up: int
    joint: int
    rates: tuple[float, ...]


EFFORTS: Mapping[str, Effort] = {
    "tiny": Effort(1, 1, 2, 40, 4, 10, 4, (0.02,)),
    "brief": Effort(2, 2, 15, 256, 20, 100, 25, (0.02, 0.06)),
    "small": Effort(2, 2, 15, 256, 30, 120, 30, (0.02, 0.06)),
    "full": Effort(4, 4, 30, 512, 60, 400, 200, (0.005, 0.02, 0.05)),
}
