"""A model of a recorded session's objective, on which other searches can be tried.

The Gaussian process of `hil.proposer.auto`, and functions drawn from its posterior. What replays
sessions comes in. May import optuna, torch and what is beside it in `hil.proposer`.
"""

from hil.proposer.surrogate.model import Surrogate, World

__all__ = ["Surrogate", "World"]
