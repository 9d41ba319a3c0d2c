"""What a controller tells the database, as values that can be written down and told later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, insert, select

from drivers.types import Value
from hil.records.estimate import Assessment, Estimate
from hil.records.trial import OpenTrial, TrialState
from hil.store.frames.writer import Sealed
from hil.store.models import EVENT, TRIAL, EventTable
from hil.store.trials import changes as trial_changes


class Entry(Protocol):
    """One transaction."""

    @property
    def measured(self) -> bool:
        """Whether it says that something was measured: only who holds the rig can."""
        ...

    def apply(self, connection: Connection, *, repeated: bool) -> None:
        """Tell the database; ``repeated``: it may have been told before, which changes nothing."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Write it down."""
        ...


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event of a session."""

    id: str
    session_id: str
    trial_id: str | None
    kind: str
    at: datetime
    detail: Mapping[str, Any]

    @property
    def measured(self) -> bool:
        """See `Entry`."""
        return False

    def apply(self, connection: Connection, *, repeated: bool) -> None:
        """See `Entry`."""
        if repeated and connection.scalar(select(EventTable.id).where(EventTable.id == self.id)):
            return
        connection.execute(insert(EVENT), {**asdict(self), "detail": dict(self.detail)})

    def to_json(self) -> dict[str, Any]:
        """See `Entry`."""
        return {"entry": "event", **asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class TrialEntry:
    """A trial that comes to a state, with the rows that go with it.

    Parameters
    ----------
    trial, state
        Which, and where it comes to.
    values
        Columns of the trial.
    sealed
        Its frames, where they are news.
    settings
        What was read back, where that is news.
    estimate
        With the time at which it was made.
    """

    trial: OpenTrial
    state: TrialState
    values: Mapping[str, Any]
    sealed: Sealed | None = None
    settings: Mapping[str, Value] | None = None
    estimate: tuple[Assessment, datetime] | None = None

    @property
    def measured(self) -> bool:
        """See `Entry`."""
        return self.state in (TrialState.CAPTURED, TrialState.COMPLETE)

    def apply(self, connection: Connection, *, repeated: bool) -> None:
        """See `Entry`.

        Raises
        ------
        hil.store.trials.changes.HasEnded
            The trial has come to another end.
        """
        if not trial_changes.move(
            connection, self.trial, self.state, self.values, repeated=repeated
        ):
            return
        if self.sealed is not None:
            trial_changes.add_acquisition(connection, self.trial, self.sealed)
        if self.settings is not None:
            trial_changes.add_settings(connection, self.trial, self.settings)
        if self.estimate is not None:
            trial_changes.add_estimate(connection, self.trial, *self.estimate)

    def to_json(self) -> dict[str, Any]:
        """See `Entry`."""
        estimate = None
        if self.estimate is not None:
            assessment, at = self.estimate
            # The trial's columns have what else an assessment says.
            estimate = {"estimate": asdict(assessment.estimate), "at": at.isoformat()}
        return {
            "entry": "trial",
            "trial": asdict(self.trial),
            "state": self.state.value,
            "values": {name: _out(value) for name, value in self.values.items()},
            "sealed": None if self.sealed is None else asdict(self.sealed),
            "settings": self.settings,
            "estimate": estimate,
        }


def from_json(said: Mapping[str, Any]) -> Entry:
    """Read what `Entry.to_json` wrote.

    Raises
    ------
    ValueError
        It is something else.
    """
    try:
        if said["entry"] == "event":
            fields = {name: said[name] for name in EventEntry.__dataclass_fields__}
            return EventEntry(**{**fields, "at": datetime.fromisoformat(said["at"])})
        sealed, estimate = said["sealed"], said["estimate"]
        if unknown := set(said["values"]) - set(TRIAL.c.keys()):
            raise ValueError(f"a trial has no {sorted(unknown)}")
        return TrialEntry(
            _trial(said["trial"]),
            TrialState(said["state"]),
            {name: _in(name, value) for name, value in said["values"].items()},
            None if sealed is None else _sealed(sealed),
            said["settings"],
            None if estimate is None else _estimate(estimate),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _trial(said: Mapping[str, Any]) -> OpenTrial:
    return OpenTrial(**{**said, "fields": tuple(said.get("fields", ()))})


def _sealed(said: Mapping[str, Any]) -> Sealed:
    shape = said["shape"]
    lists = {"fields": tuple(said["fields"]), "checksums": tuple(said["checksums"])}
    return Sealed(**{**said, **lists, "shape": None if shape is None else tuple(shape)})


def _estimate(said: Mapping[str, Any]) -> tuple[Assessment, datetime]:
    estimate = Estimate(**{**said["estimate"], "flags": tuple(said["estimate"]["flags"])})
    return Assessment(estimate, {}, {}), datetime.fromisoformat(said["at"])


def _out(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _in(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name.endswith("_at") and value else value
