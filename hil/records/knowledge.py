"""What a session begins with from before: trials of earlier sessions, and settings to try first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from drivers.types import Value


@dataclass(frozen=True, slots=True)
class EarlierTrial:
    """A trial of an earlier session.

    Parameters
    ----------
    settings
        The searched ones, as they were requested.
    values
        One number an objective.
    sd
        Of the first of them; NaN where it is not known.
    fields
        Which fields of view of that session it was measured at.
    """

    settings: Mapping[str, Value]
    values: tuple[float, ...]
    sd: float
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EarlierSession:
    """An earlier session of the same rig, copied: it may be deleted, and this one goes on.

    Parameters
    ----------
    session_id
        Full id.
    doubt
        How far the landscape may be another by now, as a share of its variance.
    why
        What the doubt comes from, in words.
    """

    session_id: str
    doubt: float
    why: str
    trials: tuple[EarlierTrial, ...]


@dataclass(frozen=True, slots=True)
class FirstTrial:
    """Settings that are measured before a sampler is asked, and what they are called."""

    name: str
    settings: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ModelText:
    """The simulated rig that sampler `model` fits, copied: its file may change, and this one stays.

    Parameters
    ----------
    text, path
        Of its rig file; files that it names lie beside that.
    itself
        Whether it is the session's own rig: then its file's aberration is the truth, and not read.
    """

    text: str
    path: str
    itself: bool


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that a session begins with from before; the same for as long as it goes on."""

    earlier: tuple[EarlierSession, ...] = ()
    first: tuple[FirstTrial, ...] = field(default=())
    model: ModelText | None = None

    def to_json(self) -> dict[str, Any]:
        """Write it for the database."""
        return {
            "earlier": [
                {
                    "session_id": one.session_id,
                    "doubt": one.doubt,
                    "why": one.why,
                    "trials": [
                        [
                            dict(trial.settings),
                            list(trial.values),
                            trial.sd if math.isfinite(trial.sd) else None,
                            list(trial.fields),
                        ]
                        for trial in one.trials
                    ],
                }
                for one in self.earlier
            ],
            "first": [[one.name, dict(one.settings)] for one in self.first],
            "model": None if self.model is None else asdict(self.model),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; sessions from before there was any hold none."""
        return cls(
            tuple(
                EarlierSession(
                    one["session_id"],
                    one["doubt"],
                    one["why"],
                    tuple(
                        EarlierTrial(
                            settings, tuple(values), math.nan if sd is None else sd, tuple(fields)
                        )
                        for settings, values, sd, fields in one["trials"]
                    ),
                )
                for one in stored.get("earlier", ())
            ),
            tuple(FirstTrial(name, settings) for name, settings in stored.get("first", ())),
            ModelText(**told) if (told := stored.get("model")) else None,
        )
