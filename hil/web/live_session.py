"""One session as the page shows it, in words and numbers that are ready to be written."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from hil.ranking.drift import fit_drift, without_drift
from hil.ranking.shown import shown
from hil.records.events import detail_words
from hil.records.session import SessionState
from hil.records.spans import duration
from hil.records.trial import METRIC, Best, TrialRow, TrialState
from hil.records.winner import Winner
from hil.report.material import moved
from hil.report.page import NEEDS_SETTINGS
from hil.report.plot import KINDS
from hil.web.frame_images import FrameImages
from hil.web.live_figures import DRIFT, FRONT, METRICS, SHOWN, LiveFigures, Shown
from hil.web.paced import Paced

if TYPE_CHECKING:
    from hil.store import Database, SessionRecord
    from hil.store.asking.following import HowItStands

_EVENTS = 50
_EVERY_S = 1.0
_FEW = 50
_WITH_FRAMES = (
    TrialState.CAPTURED, TrialState.ESTIMATED, TrialState.COMPLETE, TrialState.PRUNED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame on the page: of which trial, and the ADU that are black and white."""

    title: str
    number: int
    low: float
    high: float


class ShownNumbers(NamedTuple):
    """A small table: trials, and for each name what they came to."""

    numbers: tuple[int, ...] = ()
    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """What the page of a session says.

    Parameters
    ----------
    facts, settings
        Names and values, in order.
    metrics
        Trials and, by name, what each came to: of the best trial and of the last.
    best
        The best trial, in words.
    heard_at
        When something last happened; None before the first trial.
    events
        The last ones, newest first: time, severity, kind and what was said.
    pictures
        Frames that are there.
    figures
        What is drawn, and of which version.
    waiting
        Trials that wait for approval, each with what it would move.
    wishes
        What may be asked of it.
    digest
        Changes with any of this.
    """

    record: SessionRecord
    state: str
    ended: bool
    facts: tuple[tuple[str, str], ...]
    n_ended: int
    n_trials: int
    best: str
    settings: tuple[tuple[str, str], ...]
    metrics: ShownNumbers
    heard_at: datetime | None
    events: tuple[tuple[str, str, str, str], ...]
    pictures: tuple[Picture, ...]
    figures: tuple[Shown, ...]
    version: str
    waiting: tuple[tuple[int, str], ...]
    wishes: tuple[str, ...]
    digest: str = ""


class LiveSession:
    """Follows one session for any number of pages.

    Parameters
    ----------
    database
        Opened to be read.
    session_id
        Full id.
    """

    def __init__(self, database: Database, session_id: str) -> None:
        self.session_id = session_id
        self.images = FrameImages(database, session_id)
        self.figures = LiveFigures(database, session_id)
        self.look = Paced(self._look, _EVERY_S)
        self._database = database
        self._measured = ShownNumbers()
        self._following = database.following(session_id)

    def _look(self) -> SessionSeen:
        record = self._database.session(self.session_id)
        standing = self._following.look()
        events = self._database.events(self.session_id, newest=_EVENTS)
        rows = without_drift(standing.rows, fit_drift(standing.rows, 0.95))
        best = shown(rows)  # as in its report
        metrics = self._metrics(rows, best)
        seen: dict[str, Any] = {
            "record": record,
            "state": str(standing.state),
            "ended": standing.state.ended,
            "facts": tuple(_facts(record, standing)),
            "n_ended": standing.n_ended,
            "n_trials": standing.n_trials,
            "best": _best(best, record.objectives, standing),
            "settings": _settings(rows, best),
            "metrics": metrics,
            "heard_at": _heard(standing, events),
            "events": tuple(_events(events)),
            "pictures": tuple(self._pictures(standing.rows, best)),
            "figures": _figures(record, standing, bool(metrics.rows)),
            "version": self.figures.version(f"{len(rows)}-{standing.n_ended}-{standing.state}"),
            "waiting": tuple((number, _move(events, number)) for number in standing.waiting),
            "wishes": _wishes(standing),
        }
        return SessionSeen(**seen, digest=hashlib.sha256(repr(seen).encode()).hexdigest()[:16])

    def _metrics(self, rows: Sequence[TrialRow], best: Best | Winner | None) -> ShownNumbers:
        """Look up the metrics of the best trial and of the last, once for each."""
        done = (row.number for row in reversed(rows) if row.state is TrialState.COMPLETE)
        latest = next(done, None)
        chosen = [latest] if best is None or best.number == latest else [best.number, latest]
        numbers = tuple(number for number in chosen if number is not None)
        if numbers != self._measured.numbers:
            found = [self._metrics_of(number) for number in numbers]
            names = list(dict.fromkeys(name for values in found for name in values))
            table = tuple((name, tuple(one.get(name, "-") for one in found)) for name in names)
            self._measured = ShownNumbers(numbers, table)
        return self._measured

    def _metrics_of(self, number: int) -> Mapping[str, str]:
        table = self._database.trial_rows(self.session_id, where=[f"number = {number}"])
        return {
            name.removeprefix(METRIC): _value(table.column(name)[0])
            for name in table.names
            if name.startswith(METRIC) and table.column(name)[0] is not None
        }

    def _pictures(self, rows: tuple[TrialRow, ...], best: Best | Winner | None) -> list[Picture]:
        """Choose the last frame and the best one, in one grey scale: that of the best."""
        latest = next((row.number for row in reversed(rows) if row.state in _WITH_FRAMES), None)
        wanted = {} if latest is None else {"Last": latest}
        if best is not None:
            wanted["Best"] = best.number
        scales = {title: self.images.scale(number) for title, number in wanted.items()}
        scale = scales.get("Best") or scales.get("Last")
        if scale is None:
            return []
        return [
            Picture(title, wanted[title], *scale)
            for title, found in scales.items()
            if found is not None
        ]


def _figures(record: SessionRecord, standing: HowItStands, with_metrics: bool) -> tuple[Shown, ...]:
    front = (FRONT,) if len(record.objectives) > 1 else ()
    drift = (DRIFT,) if any(row.kind == "reference" for row in standing.rows) else ()
    metrics = (METRICS,) if with_metrics else ()
    shown = (SHOWN[0], *front, *SHOWN[1:], *metrics, *drift)
    # Trials of a session move the same settings: a few tell which.
    n_moved = len(moved((*standing.rows[:_FEW], *standing.rows[-_FEW:])))
    return tuple(one for one in shown if n_moved >= NEEDS_SETTINGS.get(KINDS[one.kind], 0))


def _facts(record: SessionRecord, standing: HowItStands) -> list[tuple[str, str]]:
    why = f": {standing.reason}" if standing.reason else ""
    facts = [("state", f"{standing.state}{why}")]
    if standing.current is not None:
        number, state = standing.current
        facts.append(("trial in work", f"{number}, {state}"))
    states = Counter(str(row.state) for row in standing.rows if row.state.ended)
    facts.append(("trials ended", ", ".join(f"{n} {state}" for state, n in states.items()) or "0"))
    if not standing.state.ended:
        facts.append(("pace", f"{duration(standing.seconds_per_trial)} a trial"))
        facts.append(("time left", _left(standing.seconds_left)))
    if standing.state.ended and record.finished_at is not None:
        took = (record.finished_at - record.created_at).total_seconds()
        facts.append(("took", duration(took)))
    facts.append(("objective", ", ".join(record.objectives)))
    if record.tags:
        facts.append(("tags", ", ".join(record.tags)))
    if record.note:
        facts.append(("note", record.note))
    return facts


def _left(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "not known before the second trial has ended"
    return f"{duration(seconds)} at most, at this pace"


def _best(best: Best | Winner | None, objectives: Sequence[str], standing: HowItStands) -> str:
    if best is None:
        return (
            "None: every complete trial breaks a constraint."
            if standing.n_complete
            else "Nothing yet: no trial is complete."
        )
    interval = ""
    if math.isfinite(best.ci_low) and math.isfinite(best.ci_high):
        interval = f" ({best.ci_low:.4g} to {best.ci_high:.4g})"
    times = f", mean of {best.n_measured}" if best.n_measured > 1 else ""
    others = "" if len(objectives) == 1 else "; the best in this alone, see the front below"
    return f"{best.objective:.4g}{interval} {objectives[0]}, trial {best.number}{times}{others}"


def _settings(rows: list[TrialRow], best: Best | Winner | None) -> tuple[tuple[str, str], ...]:
    if best is None:
        return ()
    return tuple((name, _value(value)) for name, value in rows[best.number].requested.items())


def _value(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _heard(standing: HowItStands, events: pd.DataFrame) -> datetime | None:
    times = [at.to_pydatetime() for at in events["at"].tail(1)]
    if standing.heard_at is not None:
        times.append(standing.heard_at)
    return max(times, default=None)


def _events(events: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    return [
        (f"{at:%Y-%m-%d %H:%M:%S}", str(severity), str(kind), _said(number, detail))
        for at, severity, kind, number, detail in zip(
            *(
                reversed(list(events[name]))
                for name in ("at", "severity", "kind", "number", "detail")
            ),
            strict=True,
        )
    ]


def _said(number: Any, detail: Mapping[str, Any]) -> str:
    said = [] if pd.isna(number) else [f"trial {int(number)}"]
    return ", ".join([*said, *filter(None, [detail_words(detail)])])


def _move(events: pd.DataFrame, number: int) -> str:
    """Say what a trial that waits would move, from the event that asks for approval."""
    asked = events[(events["kind"] == "approval_needed") & (events["number"] == number)]
    for detail in asked["detail"].tail(1):
        moves = detail.get("moves")
        if isinstance(moves, Mapping):
            return "; ".join(f"{name} {move}" for name, move in moves.items())
    return ""


def _wishes(standing: HowItStands) -> tuple[str, ...]:
    if standing.state.ended:
        return ()
    if standing.waiting:  # for a verdict, and for nothing else
        return ("stop",)
    return ("continue" if standing.state is SessionState.PAUSED else "pause", "stop")
