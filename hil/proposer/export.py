"""Trials as a study in Optuna's own storage, so that optuna-dashboard opens them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import optuna

from hil.errors import InputError
from hil.proposer.optuna_proposer import frozen, violated
from hil.records.trial import METRIC, TrialRow

Times: TypeAlias = Mapping[int, tuple[datetime, datetime]]
"""When each trial was proposed, and when it ended."""


def write_study(
    url: str,
    name: str,
    rows: Sequence[TrialRow],
    objectives: Sequence[str],
    times: Times | None = None,
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
    times
        Of trials; without them Optuna takes the present one.
    metrics
        Of each trial, by its number; they become its user attributes.

    Raises
    ------
    InputError
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = new_study(url, name, objectives)
    except optuna.exceptions.DuplicatedStudyError:
        raise InputError("--optuna", url, f"has a study {name!r} already") from None
    except Exception as error:  # SQLAlchemy's and the driver's own, which live elsewhere
        # The URL may hold a password, and so may what a driver says.
        allowed = "allowed: the URL of an Optuna storage of its own, sqlite:///optuna.db say"
        problem = f"cannot be used ({type(error).__name__}), {allowed}"
        raise InputError("--optuna", "", problem) from None
    for trial in exported(rows, times or {}, metrics or {}):
        study.add_trial(trial)


def new_study(
    storage: str | optuna.storages.BaseStorage, name: str, objectives: Sequence[str]
) -> optuna.Study:
    """Create a study that maximises these objectives."""
    study = optuna.create_study(
        storage=storage, study_name=name, directions=["maximize"] * len(objectives)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(objectives))
    return study


def exported(
    rows: Sequence[TrialRow], times: Times, metrics: Mapping[int, Mapping[str, float]]
) -> Iterator[optuna.trial.FrozenTrial]:
    """Give every trial that has ended as Optuna's, with its own number, state and kind."""
    constrained = violated(rows)
    for row in rows:
        if not row.state.ended:
            continue
        trial = frozen(row, constrained)
        trial.set_user_attr("state", str(row.state))
        trial.set_user_attr("kind", row.kind)
        trial.set_user_attr("number", row.number)
        if row.number in times:
            # Optuna's are those of the clock on the wall, without their zone.
            began, ended = (at.astimezone().replace(tzinfo=None) for at in times[row.number])
            trial.datetime_start, trial.datetime_complete = began, ended
        for metric, value in metrics.get(row.number, {}).items():
            trial.set_user_attr(f"{METRIC}{metric}", value)
        yield trial
