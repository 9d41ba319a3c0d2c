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


class DashboardStudy:
    """A study in memory to which trials come as they end; what is done to it changes nothing else.

    Parameters
    ----------
    name
        Of the study.
    objectives
        Names, all maximised.
    folder
        Where pictures are kept, as long as the application runs.

    Attributes
    ----------
    app
        The application.

    Raises
    ------
    InputError
        optuna-dashboard is not installed.
    """

    def __init__(self, name: str, objectives: Sequence[str], folder: Path) -> None:
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
            self._store = FileSystemArtifactStore(folder)
        self._study = new_study(storage, name, objectives)
        self._shown: set[int] = set()
        self.app: Application = optuna_dashboard.wsgi(storage, artifact_store=self._store)

    def missing(self, rows: Sequence[TrialRow]) -> list[TrialRow]:
        """Give those that have ended and are not in it."""
        return [row for row in rows if row.state.ended and row.number not in self._shown]

    def add(self, rows: Sequence[TrialRow], times: Times, pictures: Mapping[int, bytes]) -> None:
        """Add trials that have ended; the others are left out. One thread at a time.

        Parameters
        ----------
        rows
            Trials that are not in it yet.
        times
            Of trials.
        pictures
            Numbers of trials and a PNG of each.
        """
        for trial in exported(rows, times, {}):
            number = trial.user_attrs["number"]
            if number in pictures:
                # Before it is added: Optuna changes no trial that has ended.
                key, told = _keep(self._store, f"trial_{number}.png", pictures[number])
                trial.system_attrs = {**trial.system_attrs, key: told}
            self._study.add_trial(trial)
            self._shown.add(number)


def _keep(store: FileSystemArtifactStore, name: str, content: bytes) -> tuple[str, str]:
    """Put a picture into the store as `optuna.artifacts.upload_artifact` does."""
    artifact_id = str(uuid.uuid4())
    store.write(artifact_id, io.BytesIO(content))
    meta = ArtifactMeta(artifact_id=artifact_id, filename=name, mimetype="image/png", encoding=None)
    return _ARTIFACT + artifact_id, json.dumps(asdict(meta))
