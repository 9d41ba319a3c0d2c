"""The default sampler: a Gaussian process on the logarithm of information.

Quadratic plus a small Matern term, a star of starting points, log expected improvement. The rest
of `hil.proposer` comes in. May import optuna, torch, gpytorch and botorch; nothing of a session.
"""

from hil.proposer.auto.sampler import InformationSampler

__all__ = ["InformationSampler"]
