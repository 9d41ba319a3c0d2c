"""Trials as a study in Optuna's own storage, so that optuna-dashboard opens them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import optuna

from hil.errors import InputError
from hil.proposer.optuna_proposer import frozen, violated
from hil.records.trial import METRIC, TrialRow


def write_study(
    url: str,
    name: str,
    rows: Sequence[TrialRow],
    objectives: Sequence[str],
    metrics: Mapping[int, Mapping[str, float]] | None = None,
) -> None:
    """Create a study and add every row to it.

    Parameters
    ----------
    url
        Of an Optuna storage, ``sqlite:///optuna.db`` say.
    name
        Of the study; it must not exist yet.
    rows
        Trials; those still open are left out.
    objectives
        Names, all maximised.
    metrics
        Of each trial, by its number; they become its user attributes.

    Raises
    ------
    InputError
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            storage=url, study_name=name, directions=["maximize"] * len(objectives)
        )
    except optuna.exceptions.DuplicatedStudyError:
        raise InputError("--optuna", url, f"has a study {name!r} already") from None
    except Exception as error:  # SQLAlchemy's and the driver's own, which live elsewhere
        raise InputError("--optuna", "", f"cannot be used: {type(error).__name__}") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(objectives))
    constrained = violated(rows)
    for row in rows:
        if not row.state.ended:
            continue
        trial = frozen(row, constrained)
        trial.set_user_attr("state", str(row.state))
        trial.set_user_attr("kind", row.kind)
        trial.set_user_attr("number", row.number)
        for metric, value in (metrics or {}).get(row.number, {}).items():
            trial.set_user_attr(f"{METRIC}{metric}", value)
        study.add_trial(trial)
