"""A replay beside its original: what moved, in which order trials stand now, and who wins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from hil.records.trial import TrialRow
from hil.replay.recorded_trials import REPLAY_OF
from hil.session.result import best_of
from hil.store import Database


@dataclass(frozen=True, slots=True)
class Pair:
    """One trial, measured once and estimated twice.

    Parameters
    ----------
    original, replayed
        Numbers of the trial in both sessions.
    before, after
        First objective of each; NaN where it has none.
    moved_bits
        The largest change of the estimate or an end of its interval, bits per pixel; NaN where one
        of both has no estimate.
    """

    original: int
    replayed: int
    before: float
    after: float
    moved_bits: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A replay beside its original.

    Parameters
    ----------
    pairs
        In the original's order.
    winner, winner_now
        The original's numbers of the trial that won, and of the one that wins now; None where there
        is none.
    winner_place
        Where the original's winner stands among all trials now, from 1; None where it has no value.
    versions
        Name to version then and now, where they differ; empty text where it was not there.
    """

    pairs: tuple[Pair, ...]
    winner: int | None
    winner_now: int | None
    winner_place: int | None
    versions: Mapping[str, tuple[str, str]]

    @property
    def _both(self) -> list[tuple[float, float]]:
        both = [(pair.before, pair.after) for pair in self.pairs]
        return [pair for pair in both if all(map(math.isfinite, pair))]

    @property
    def rank_correlation(self) -> float:
        """Spearman's; NaN for fewer than two trials, or where all are alike."""
        return rank_correlation([one for one, _ in self._both], [other for _, other in self._both])

    @property
    def bias(self) -> float:
        """Mean change of the first objective; NaN without any trial."""
        changes = [after - before for before, after in self._both]
        return sum(changes) / len(changes) if changes else math.nan

    def moved(self, tolerance: float) -> list[Pair]:
        """List what moved by more than a tolerance, bits per pixel; also what cannot be told."""
        return [pair for pair in self.pairs if not pair.moved_bits <= tolerance]


def rank_correlation(before: Sequence[float], after: Sequence[float]) -> float:
    """Spearman's rank correlation; NaN for fewer than two values, or where all are alike."""
    ranks = [rankdata(values) for values in (before, after)]
    if len(before) < 2 or any(np.ptp(one) == 0 for one in ranks):
        return math.nan
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def compare(database: Database, original: str, replayed: str) -> Comparison:
    """Put a replay beside its original.

    Parameters
    ----------
    database
        Holds both.
    original, replayed
        Ids of the sessions.

    Raises
    ------
    InputError
    """
    old, new = database.rows(original), database.rows(replayed)
    bits_old, bits_new = _bits(database, original), _bits(database, replayed)
    pairs = [
        Pair(
            number := int(row.sampler_attrs[REPLAY_OF]),
            row.number,
            _first(old[number]),
            _first(row),
            _moved(bits_old.get(number), bits_new.get(row.number)),
        )
        for row in new
    ]
    back = {pair.replayed: pair.original for pair in pairs}
    won, wins = best_of(database, original), best_of(database, replayed)
    winner = None if won is None else won.number
    return Comparison(
        tuple(pairs),
        winner,
        None if wins is None else back[wins.number],
        _place(pairs, winner),
        differing_versions(
            database.session(original).versions, database.session(replayed).versions
        ),
    )


def differing_versions(
    then: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    """List what differs between a session and its replay, which has no devices but a recording."""
    names = set(now) - {"replay of"}
    pairs = {name: (str(then.get(name, "")), str(now.get(name, ""))) for name in sorted(names)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _bits(database: Database, session: str) -> dict[int, tuple[float, ...]]:
    """Give each trial's own estimate with its interval: of several the oldest."""
    table = database.estimates(session).drop_duplicates("number")
    columns = [table[name] for name in ("number", "bits_per_pixel", "ci_low", "ci_high")]
    rows = zip(*columns, strict=True)
    return {int(n): tuple(_number(value) for value in values) for n, *values in rows}


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _moved(before: tuple[float, ...] | None, after: tuple[float, ...] | None) -> float:
    if before is None or after is None:
        return 0.0 if before is after else math.nan
    changes = [
        0.0 if math.isnan(one) and math.isnan(other) else abs(one - other)
        for one, other in zip(before, after, strict=True)
    ]
    return math.nan if any(map(math.isnan, changes)) else max(changes)


def _first(row: TrialRow) -> float:
    return row.objectives[0] if row.objectives else math.nan


def _place(pairs: Sequence[Pair], winner: int | None) -> int | None:
    value = next((pair.after for pair in pairs if pair.original == winner), math.nan)
    if math.isnan(value):
        return None
    return 1 + sum(pair.after > value for pair in pairs)
