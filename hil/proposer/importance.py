"""How much each setting matters for the first objective, by Optuna's evaluator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import optuna

from hil.proposer.optuna_proposer import frozen
from hil.records.trial import TrialRow, TrialState

# Fewer trials say nothing about settings.
_FEWEST = 4
# More take long and say the same.
_MOST = 3000


def importances(rows: Sequence[TrialRow]) -> Mapping[str, float]:
    """Share of each searched setting, the largest first; they sum to 1.

    PED-ANOVA (Watanabe, Bansal & Hutter, IJCAI 2023): how far the best tenth of the trials lies
    from all of them, setting by setting.

    Parameters
    ----------
    rows
        Trials of a session, corrected for drift where there is one.

    Returns
    -------
    dict
        Empty where too few trials are complete, or all of them have the same value.
    """
    useful = [row for row in rows if row.state is TrialState.COMPLETE and row.objectives]
    # Settings that every trial has; one that was measured as it was found has no distributions.
    useful = [row for row in useful if row.distributions]
    useful = useful[:: max(1, -(-len(useful) // _MOST))]
    trials = [frozen(row, frozenset()) for row in useful]
    trials = [trial for trial in trials if trial.state is optuna.trial.TrialState.COMPLETE]
    if len(trials) < _FEWEST or len({trial.values[0] for trial in trials}) < 2:
        return {}
    n_objectives = len(trials[0].values)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(directions=["maximize"] * n_objectives)
    study.add_trials(trials)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = optuna.importance.get_param_importances(
            study,
            evaluator=optuna.importance.PedAnovaImportanceEvaluator(),
            target=(lambda trial: trial.values[0]) if n_objectives > 1 else None,
        )
    return {str(name): float(share) for name, share in found.items()}
