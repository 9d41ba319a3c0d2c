"""A session as optuna-dashboard's application: a study in memory, with pictures of its trials."""

from __future__ import annotations

import io
import json
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import optuna
from optuna.artifacts import ArtifactMeta, FileSystemArtifactStore

from hil.errors import InputError
from hil.proposer.export import Times, exported, new_study
from hil.records.trial import TrialRow

_ARTIFACT = "artifacts:"  # begins the attribute by which Optuna finds what belongs to a trial

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""As PEP 3333 has it."""


def dashboard_app(
    name: str,
    rows: Sequence[TrialRow],
    objectives: Sequence[str],
    times: Times,
    pictures: Mapping[int, bytes],
    folder: Path,
) -> Application:
    """Make the application; what is done in it changes a copy in memory and nothing else.

    Parameters
    ----------
    name
        Of the study.
    rows
        Trials; those still open are left out.
    objectives
        Names, all maximised.
    times
        Of trials.
    pictures
        Numbers of trials and a PNG of each.
    folder
        Where the pictures are kept, as long as the application runs.

    Raises
    ------
    InputError
        optuna-dashboard is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a library's own age, on import
            import optuna_dashboard
    except ImportError:
        raise InputError(
            "hil dashboard", "", 'needs: python -m pip install "hil-imaging[dashboard]"'
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.InMemoryStorage()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        store = FileSystemArtifactStore(folder)
    study = new_study(storage, name, objectives)
    for trial in exported(rows, times, {}):
        number = trial.user_attrs["number"]
        if number in pictures:
            # Before it is added: Optuna changes no trial that has ended.
            key, told = _keep(store, f"trial_{number}.png", pictures[number])
            trial.system_attrs = {**trial.system_attrs, key: told}
        study.add_trial(trial)
    app: Application = optuna_dashboard.wsgi(storage, artifact_store=store)
    return app


def _keep(store: FileSystemArtifactStore, name: str, content: bytes) -> tuple[str, str]:
    """Put a picture into the store as `optuna.artifacts.upload_artifact` does."""
    artifact_id = str(uuid.uuid4())
    store.write(artifact_id, io.BytesIO(content))
    meta = ArtifactMeta(artifact_id=artifact_id, filename=name, mimetype="image/png", encoding=None)
    return _ARTIFACT + artifact_id, json.dumps(asdict(meta))
