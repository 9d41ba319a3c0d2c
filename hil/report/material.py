"""All that a report or a figure of one session is made of, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from drivers.types import Pixels
from hil.errors import StoreError
from hil.ranking.drift import Drift, without_drift
from hil.ranking.leaders import ranked
from hil.records.trial import Best, TrialRow, TrialState
from hil.report.settings.drawable import drawable
from hil.session.result import SessionResult, result_of

if TYPE_CHECKING:
    from hil.store import Database, SessionRecord


@dataclass(frozen=True)
class Material:
    """One session as figures need it.

    Parameters
    ----------
    record, result
        The session, and what it came to.
    rows
        Its trials without drift, by number.
    trials
        Its trials as they were measured, by number: see `Database.trials`.
    estimates
        The session's own estimate of each trial, by number.
    database
        Where frames come from.
    """

    record: SessionRecord
    result: SessionResult
    rows: Sequence[TrialRow]
    trials: pd.DataFrame
    estimates: pd.DataFrame
    database: Database

    @cached_property
    def complete(self) -> pd.DataFrame:
        """Trials that are COMPLETE with a number that can be drawn: `value`, the first objective.

        Drift is taken off.
        """
        done = self.trials[(self.trials["state"] == "COMPLETE") & self.trials["objective"].notna()]
        values = {row.number: row.objectives[0] for row in self.rows if row.objectives}
        return done.assign(value=drawable(done["number"].map(values))).dropna(subset=["value"])

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Names of the settings that were searched, in the order of the session file.

        Where nothing was, in a scan or a replay, those that were moved.
        """
        return tuple(name for name in moved(self.rows) if name in self.complete.columns)

    @cached_property
    def importance(self) -> Mapping[str, float]:
        """Share of each setting in the outcome, the largest first."""
        from hil.proposer.importance import importances

        found = importances(self.rows)
        return {name: share for name, share in found.items() if name in self.searched}

    @cached_property
    def as_good(self) -> Sequence[Best]:
        """Trials that are as good as the best for all that is known, the best among them.

        Of leaders with fresh frames those that may be better; without, all within its interval.
        """
        best, winner = self.result.best, self.result.winner
        if best is None:
            return ()
        if winner is not None:
            chosen = {winner.number, *winner.as_good}
            return [one for one in ranked(self.rows) if one.number in chosen]
        return [one for one in ranked(self.rows) if one.objective >= best.ci_low]

    @property
    def drift(self) -> Drift | None:
        """What the reference trials show."""
        return self.result.drift

    def settings(self, number: int) -> Mapping[str, Any]:
        """Give the settings of a trial as read back."""
        row = self.trials[self.trials["number"] == number]
        return dict(row["settings"].iloc[0] or {}) if len(row) else {}

    def fields(self) -> tuple[list[int], list[int], np.ndarray[Any, np.dtype[np.float64]]]:
        """Bits of each trial and field of view: numbers, fields, and (trials, fields), NaN.

        A trial may have measured some of the fields only, which its estimate then lists.
        """
        found: dict[int, dict[int, float]] = {}
        for number, bits, details in zip(
            self.estimates["number"],
            self.estimates["per_field_bits"],
            self.estimates["details"],
            strict=True,
        ):
            values = bits or []
            which = details.get("fields")
            if not isinstance(which, list) or len(which) != len(values):
                which = range(len(values))
            found[int(number)] = {
                int(field): float(value)
                for field, value in zip(which, values, strict=True)
                if value is not None
            }
        numbers = sorted(found)
        fields = sorted({field for values in found.values() for field in values})
        table = np.full((len(numbers), len(fields)), np.nan)
        for line, number in enumerate(numbers):
            for column, field in enumerate(fields):
                table[line, column] = found[number].get(field, np.nan)
        return numbers, fields, drawable(table)

    def frame(self, number: int, field: int | None) -> Pixels | None:
        """Give the first frame of a trial in a field of view, of its first channel.

        None where none was kept; without a field the trial's first one.
        """
        try:
            pixels = self.database.frames(self.record.id, number)
        except StoreError:
            return None
        measured = self.measured_fields(number)
        place = measured.index(field) if field in measured else 0
        if pixels.size == 0 or place >= len(pixels):
            return None
        frame: Pixels = pixels[place, 0]
        if frame.ndim == 3:
            frame = frame[0]
        return frame

    def measured_fields(self, number: int) -> list[int]:
        """Which fields of view a trial measured, by its estimate."""
        numbers, fields, table = self.fields()
        if number not in numbers:
            return []
        line = table[numbers.index(number)]
        return [field for field, bits in zip(fields, line, strict=True) if np.isfinite(bits)]

    def at_settings_of(self, number: int) -> list[int]:
        """COMPLETE trials at the settings of one, which comes first."""
        done = {row.number: row.requested for row in self.rows if row.state is TrialState.COMPLETE}
        same = [other for other, settings in done.items() if settings == done.get(number)]
        return [number, *(other for other in same if other != number)]


def moved(rows: Sequence[TrialRow]) -> tuple[str, ...]:
    """Name the settings that a session searched; of a list of settings those that differ."""
    searched = dict.fromkeys(name for row in rows for name in row.distributions)
    if searched:
        return tuple(searched)
    values: dict[str, set[Any]] = {}
    for row in rows:
        for name, value in row.requested.items():
            values.setdefault(name, set()).add(value)
    return tuple(name for name, seen in values.items() if len(seen) > 1)


def material_of(database: Database, session: str) -> Material:
    """Read a session.

    Raises
    ------
    InputError
        There is no such session.
    """
    record = database.session(session)
    result = result_of(database, record.id, record.state, record.reason)
    return Material(
        record=record,
        result=result,
        rows=without_drift(database.rows(record.id), result.drift),
        trials=database.trials(record.id, sort="number"),
        estimates=database.estimates(record.id).drop_duplicates("number"),
        database=database,
    )
