"""Proposals by Optuna's ask and tell. The only importer of optuna."""

from hil.proposer.optuna_proposer import OptunaProposer, SearchPlan

__all__ = ["OptunaProposer", "SearchPlan"]
