"""Proposals by Optuna's ask and tell. The only importer of optuna.

Session and the command line's export come in. May import ranking, spec and records.
"""

from hil.proposer.auto import InformationSampler
from hil.proposer.optuna_proposer import OptunaProposer
from hil.proposer.plan import SearchPlan

__all__ = ["InformationSampler", "OptunaProposer", "SearchPlan"]
