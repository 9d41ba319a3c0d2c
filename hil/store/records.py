"""Frozen data that goes in and out of the database, beside DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hil.errors import InputError
from hil.records.session import SessionState


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session as it begins.

    Parameters
    ----------
    name
        From the session file.
    rig
        The rig's name.
    session_text, rig_text
        The two files as they were, unparsed.
    versions
        Name to version: this program, Python, every device library and adapter.
    seed
        The session's seed.
    n_trials
        How many trials were asked for.
    objectives
        Names in the order of the session file; trials sort by the first.
    estimator
        Name of the estimator.
    at
        UTC, with time zone.
    extra
        Any further JSON that belongs to the session.
    calibration_id
        Calibration that the noise model came from; None where the rig file states the numbers.
    """

    name: str
    rig: str
    session_text: str
    rig_text: str
    versions: Mapping[str, str]
    seed: int
    n_trials: int
    objectives: tuple[str, ...]
    estimator: str
    at: datetime
    tags: tuple[str, ...] = ()
    note: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    calibration_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as it stands; see `NewSession` for what is not said here.

    Parameters
    ----------
    state, reason
        Where it is, and why.
    study_attrs
        What the sampler stored with its study.
    stop_requested
        Reason for which somebody asked it to stop; empty if nobody did.
    finished_at
        None while it runs.
    """

    id: str
    name: str
    rig: str
    state: SessionState
    reason: str
    session_text: str
    rig_text: str
    versions: Mapping[str, str]
    seed: int
    n_trials: int
    objectives: tuple[str, ...]
    estimator: str
    study_attrs: Mapping[str, Any]
    extra: Mapping[str, Any]
    tags: tuple[str, ...]
    note: str
    stop_requested: str
    created_at: datetime
    finished_at: datetime | None
    calibration_id: str | None = None

    def kept(self, name: str) -> Any:
        """Give what is kept with the session under a name that every session of its kind has.

        Raises
        ------
        InputError
            There is nothing: somebody has changed the row.
        """
        if name not in self.extra:
            cell = f"table session, row {self.id}, column extra: there is no {name}"
            raise InputError(
                f"session {self.id[:8]}",
                "",
                f"a row holds what hil never writes there ({cell}); a copy may be whole",
            )
        return self.extra[name]
